import type { Feature } from "../feature.ts";

export const resultType: Feature = {
	name: "Result type, server's identity and cache hints in results",
	since: "2026-07-28",
	whole: {
		resultType: "complete",
		ttlMs: 60_000,
		cacheScope: "public",
		hasIdentity: true,
	},
	async attempt({ client }) {
		const { result = {} } = await client.ask("tools/list");
		const { resultType, ttlMs, cacheScope, _meta = {} } = result;
		const hasIdentity =
			"io.modelcontextprotocol/serverInfo" in (_meta as object);
		return { resultType, ttlMs, cacheScope, hasIdentity };
	},
	outcomes: {
		"legacy on legacy": {
			kind: "not there",
			note: "Neither side knows them.",
			seen: { hasIdentity: false },
		},
		"legacy on modern": {
			kind: "not there",
			note: "The client does not know them, so they are taken off.",
			seen: { hasIdentity: false },
		},
		"modern on legacy": {
			kind: "in part",
			note: 'Result type and identity are added. How long the result holds is not known, so the hints say that it may not be kept: `ttlMs: 0`, `cacheScope: "private"`.',
			seen: {
				resultType: "complete",
				ttlMs: 0,
				cacheScope: "private",
				hasIdentity: true,
			},
		},
		"modern on modern": { kind: "as is" },
	},
};
