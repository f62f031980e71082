import type { EraClient } from "../era-client.ts";
import type { Feature } from "../feature.ts";
import { call } from "../replies.ts";

const data = { nested: [1, null, { deep: true }] };
const refused = { message: "refused", data };

async function errorOf(client: EraClient, code: number) {
	return (await call(client, "refuse", { code, data })).error;
}

export const protocolErrors: Feature = {
	name: "Errors: code, message and data",
	whole: {
		own: { code: 1234, ...refused },
		ofJsonRpc: { code: -32602, ...refused },
		reserved: { code: -32050, ...refused },
	},
	attempt: async ({ client }) => ({
		own: await errorOf(client, 1234),
		ofJsonRpc: await errorOf(client, -32602),
		reserved: await errorOf(client, -32050),
	}),
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": {
			kind: "as is",
			note: "Codes that only 2026-07-28 has, such as -32021, pass too.",
		},
		"modern on legacy": {
			kind: "in part",
			note: "A code from -32099 to -32000 would say something else in 2026-07-28, or nothing: it becomes -32603. Message and data stay.",
			seen: {
				own: { code: 1234, ...refused },
				ofJsonRpc: { code: -32602, ...refused },
				reserved: { code: -32603, ...refused },
			},
		},
		"modern on modern": { kind: "as is" },
	},
};
