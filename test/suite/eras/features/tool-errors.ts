import type { Feature } from "../feature.ts";
import { call, resultOf } from "../replies.ts";

export const toolErrors: Feature = {
	name: "Tool errors (`isError`)",
	whole: {
		content: [{ type: "text", text: "it did not work" }],
		isError: true,
	},
	attempt: async ({ client }) =>
		resultOf(await call(client, "fail", { message: "it did not work" })),
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
