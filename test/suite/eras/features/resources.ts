import type { EraClient } from "../era-client.ts";
import type { Feature } from "../feature.ts";
import { pagesOf, resultOf } from "../replies.ts";

async function read(client: EraClient, uri: string) {
	return resultOf(await client.ask("resources/read", { uri })).contents;
}

export const resources: Feature = {
	name: "Resources and templates",
	whole: {
		first: {
			uri: "fixture://text/1",
			name: "text-1",
			title: "Text 1",
			mimeType: "text/plain",
		},
		count: 10,
		templates: ["item", "user", "order", "page", "file"].map((name) => ({
			uriTemplate: `fixture://${name}/{id}`,
			name,
			mimeType: "application/json",
		})),
		text: [{ uri: "fixture://text/3", mimeType: "text/plain", text: "text 3" }],
		blob: [
			{
				uri: "fixture://pixel",
				mimeType: "image/png",
				blob: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
			},
		],
		ofTemplate: [
			{
				uri: "fixture://order/é b?c=d",
				mimeType: "text/plain",
				text: "order é b?c=d",
			},
		],
	},
	async attempt({ client }) {
		const listed = await pagesOf(client, "resources/list", "resources");
		const templates = await pagesOf(
			client,
			"resources/templates/list",
			"resourceTemplates",
		);
		return {
			first: listed[0]?.[0],
			count: listed.flat().length,
			templates: templates.flat(),
			text: await read(client, "fixture://text/3"),
			blob: await read(client, "fixture://pixel"),
			ofTemplate: await read(client, "fixture://order/é b?c=d"),
		};
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
