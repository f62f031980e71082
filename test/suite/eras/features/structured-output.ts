import type { Feature } from "../feature.ts";
import { call, pagesOf, resultOf } from "../replies.ts";

export const structuredOutput: Feature = {
	name: "Structured output",
	since: "2025-06-18",
	whole: {
		outputSchema: {
			type: "object",
			properties: { sum: { type: "number" } },
			required: ["sum"],
		},
		result: {
			content: [{ type: "text", text: "3.5" }],
			structuredContent: { sum: 3.5 },
		},
	},
	async attempt({ client }) {
		const listed = (await pagesOf(client, "tools/list", "tools")).flat();
		return {
			outputSchema: listed.find(({ name }) => name === "add")?.outputSchema,
			result: resultOf(await call(client, "add", { a: 1.5, b: 2 })),
		};
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
