import type { Feature } from "../feature.ts";
import { call, pagesOf, resultOf } from "../replies.ts";

const ofLegacyServer = {
	kind: "not there",
	note: "A server of these revisions gives objects only.",
	seen: { isListed: false },
} as const;

export const structuredArray: Feature = {
	name: "Structured output that is no object",
	since: "2026-07-28",
	whole: {
		isListed: true,
		outputSchema: { type: "array", items: { type: "integer" } },
		result: { content: [], structuredContent: [1, 2, 3] },
	},
	async attempt({ client }) {
		const listed = (await pagesOf(client, "tools/list", "tools")).flat();
		const tool = listed.find(({ name }) => name === "count");
		if (tool === undefined) return { isListed: false };
		return {
			isListed: true,
			...(tool.outputSchema === undefined
				? {}
				: { outputSchema: tool.outputSchema }),
			result: resultOf(await call(client, "count", { to: 3 })),
		};
	},
	outcomes: {
		"legacy on legacy": ofLegacyServer,
		"legacy on modern": {
			kind: "in part",
			note: "The tool is listed without its output schema. The value comes as text, unless the result has a text of its own.",
			seen: {
				isListed: true,
				result: { content: [{ type: "text", text: "[1,2,3]" }] },
			},
		},
		"modern on legacy": ofLegacyServer,
		"modern on modern": { kind: "as is" },
	},
};
