import type { Feature } from "../feature.ts";
import { pagesOf } from "../replies.ts";

const lists = [
	["tools/list", "tools"],
	["resources/list", "resources"],
	["resources/templates/list", "resourceTemplates"],
	["prompts/list", "prompts"],
] as const;

export const pagination: Feature = {
	name: "Pagination",
	whole: {
		pages: [
			[4, 4, 4, 4, 4, 4, 1],
			[4, 4, 2],
			[4, 1],
			[4, 2],
		],
		ofUnknownCursor: -32602,
	},
	async attempt({ client }) {
		const pages: number[][] = [];
		for (const [method, key] of lists) {
			const all = await pagesOf(client, method, key);
			// A server of revision 2026-07-28 has one tool more.
			const known = all.map((page) =>
				page.filter(({ name }) => name !== "count"),
			);
			pages.push(known.map(({ length }) => length).filter((size) => size > 0));
		}
		const { error } = await client.ask("prompts/list", { cursor: "none" });
		return { pages, ofUnknownCursor: error?.code };
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
