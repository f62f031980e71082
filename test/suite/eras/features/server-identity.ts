import { expect } from "vitest";
import type { Feature } from "../feature.ts";

export const serverIdentity: Feature = {
	name: "Identity, capabilities and instructions of the server",
	whole: {
		serverInfo: {
			name: expect.stringMatching(/^everything-(modern-)?fixture$/),
			title: "Everything, for tests",
			version: "1.2.3",
			websiteUrl: "https://example.com/everything",
			icons: [
				{
					src: "https://example.com/icon.png",
					mimeType: "image/png",
					sizes: ["48x48"],
				},
			],
		},
		capabilities: {
			tools: { listChanged: true },
			resources: { subscribe: true, listChanged: true },
			prompts: { listChanged: true },
			completions: {},
			logging: {},
			experimental: { "example.com/fixture": { level: 3 } },
		},
		instructions: "Call echo first; it is the simplest: ‘é, 漢, 🙂’",
	},
	async attempt({ client }) {
		const { revisions, ...identity } = await client.identity();
		expect(revisions).toContain(client.revision);
		return identity;
	},
	outcomes: {
		"legacy on legacy": {
			kind: "as is",
			note: "The revision that the answer names is the one that the client asked for, whichever the server speaks.",
		},
		"legacy on modern": {
			kind: "translated",
			note: "`initialize` is answered from `server/discover`. A server that does not say who it is is called `unknown`.",
		},
		"modern on legacy": {
			kind: "translated",
			note: "`server/discover` is answered from the result of `initialize`. The experimental capability `tasks` is taken off.",
		},
		"modern on modern": {
			kind: "as is",
			note: "`supportedVersions` names all revisions that the bridge serves.",
		},
	},
};
