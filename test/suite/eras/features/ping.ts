import { expect } from "vitest";
import type { Feature } from "../feature.ts";
import { resultOf } from "../replies.ts";

const seen = { status: 404, code: -32601 };

export const ping: Feature = {
	name: "Ping",
	whole: { result: {} },
	async attempt({ client, server }) {
		if (server === "legacy") {
			const pinged = await client.ask("fixture/ask", { method: "ping" });
			expect(resultOf(pinged)).toEqual({ answer: {} });
		}
		const { status, result, error } = await client.ask("ping");
		return error ? { status, code: error.code } : { result };
	},
	outcomes: {
		"legacy on legacy": {
			kind: "as is",
			note: "The bridge answers, in both directions. So it says that the bridge is there, not the other side.",
		},
		"legacy on modern": {
			kind: "translated",
			note: "The bridge answers. The server does not know it.",
		},
		"modern on legacy": {
			kind: "not there",
			note: "2026-07-28 does not have it: the client gets error -32601 with status 404. A server that pings gets its answer from the bridge.",
			seen,
		},
		"modern on modern": {
			kind: "not there",
			note: "2026-07-28 does not have it: the client gets error -32601 with status 404.",
			seen,
		},
	},
};
