import type { Feature } from "../feature.ts";
import { call, resultOf } from "../replies.ts";

const asIs = {
	kind: "as is",
	note: "Also where the client's revision does not know the kind: audio came with 2025-03-26, links to resources with 2025-06-18.",
} as const;

export const content: Feature = {
	name: "Content of every kind",
	whole: {
		content: [
			{
				type: "text",
				text: "a text",
				annotations: { audience: ["user"], priority: 1 },
			},
			{
				type: "image",
				data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
				mimeType: "image/png",
			},
			{ type: "audio", data: "UklGRg==", mimeType: "audio/wav" },
			{
				type: "resource",
				resource: {
					uri: "fixture://text/1",
					mimeType: "text/plain",
					text: "embedded",
				},
			},
			{ type: "resource_link", uri: "fixture://text/2", name: "text-2" },
		],
		_meta: { "example.com/whole": { kept: [0, null, ""] } },
	},
	attempt: async ({ client }) => resultOf(await call(client, "content")),
	outcomes: {
		"legacy on legacy": asIs,
		"legacy on modern": asIs,
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
