import type { Feature } from "../feature.ts";
import { resultOf } from "../replies.ts";

const context = { arguments: { owner: "me" } };
const asIs = {
	kind: "as is",
	note: "Also what the client's revision does not know: the capability `completions` came with 2025-03-26, `context` with 2025-06-18.",
} as const;

export const completions: Feature = {
	name: "Completions",
	whole: {
		ofPrompt: {
			completion: {
				values: ["formal", "friendly", "french"],
				total: 3,
				hasMore: false,
			},
			_meta: { context },
		},
		ofTemplate: {
			completion: {
				values: ["fixture://item/{id}-id"],
				total: 1,
				hasMore: false,
			},
		},
	},
	async attempt({ client }) {
		const ofPrompt = {
			ref: { type: "ref/prompt", name: "greet" },
			argument: { name: "style", value: "f" },
			context,
		};
		const ofTemplate = {
			ref: { type: "ref/resource", uri: "fixture://item/{id}" },
			argument: { name: "id", value: "1" },
		};
		return {
			ofPrompt: resultOf(await client.ask("completion/complete", ofPrompt)),
			ofTemplate: resultOf(await client.ask("completion/complete", ofTemplate)),
		};
	},
	outcomes: {
		"legacy on legacy": asIs,
		"legacy on modern": asIs,
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
