import { everything } from "../answers.ts";
import type { EraClient } from "../era-client.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf } from "../replies.ts";

const raw = { name: "raw", version: "0.0.1" };
const able = { clientInfo: raw, capabilities: everything };

async function seenOf(client: EraClient) {
	const { clientInfo, capabilities } = jsonOf(await call(client, "client"));
	return { clientInfo, capabilities };
}

const onLegacy = {
	kind: "in part",
	note: "A client that can be asked something has a child of its own, which hears who it is. Clients that share a child are the bridge to it. The revision that a server hears of is the bridge's own, 2025-11-25.",
	seen: {
		plain: {
			clientInfo: { name: "mcp-edge-bridge", version: "0.1.0" },
			capabilities: {},
		},
		able,
	},
} as const;

export const clientIdentity: Feature = {
	name: "Identity and capabilities of the client",
	whole: { plain: { clientInfo: raw, capabilities: {} }, able },
	async attempt(cell) {
		return {
			plain: await seenOf(cell.client),
			able: await seenOf(await cell.able()),
		};
	},
	outcomes: {
		"legacy on legacy": onLegacy,
		"legacy on modern": {
			kind: "translated",
			note: "What the client said in `initialize` goes with each of its requests, in `_meta`.",
		},
		"modern on legacy": onLegacy,
		"modern on modern": { kind: "as is" },
	},
};
