import type { Feature } from "../feature.ts";
import { pagesOf, resultOf } from "../replies.ts";

export const prompts: Feature = {
	name: "Prompts",
	whole: {
		greet: {
			name: "greet",
			title: "Greet",
			description: "Greets somebody",
			arguments: [
				{ name: "name", description: "Whom to greet", required: true },
				{ name: "style" },
			],
		},
		count: 6,
		result: {
			description: "Greets somebody",
			messages: [
				{ role: "user", content: { type: "text", text: "greet Ada formal" } },
			],
		},
	},
	async attempt({ client }) {
		const listed = (await pagesOf(client, "prompts/list", "prompts")).flat();
		const params = {
			name: "greet",
			arguments: { name: "Ada", style: "formal" },
		};
		return {
			greet: listed[0],
			count: listed.length,
			result: resultOf(await client.ask("prompts/get", params)),
		};
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
