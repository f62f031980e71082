import type { Feature } from "../feature.ts";
import { call, pagesOf, textOf } from "../replies.ts";

export const tools: Feature = {
	name: "Tools",
	whole: {
		names: [
			...["echo", "add", "progress", "wait", "release", "waits", "log"],
			...["sample", "elicit-form", "elicit-url", "sign-in", "roots", "ask"],
			...["interview", "change-lists", "touch-resource", "big", "content"],
			...["fail", "refuse", "params", "client", "pid", "env", "exit"],
		],
		echo: {
			name: "echo",
			title: "Echo",
			description: "Answers with its message",
			inputSchema: {
				type: "object",
				properties: { message: { type: "string" } },
			},
			annotations: { readOnlyHint: true },
		},
		text: "hello, 漢",
	},
	async attempt({ client }) {
		const listed = (await pagesOf(client, "tools/list", "tools")).flat();
		return {
			// That one is for structured output.
			names: listed.map(({ name }) => name).filter((name) => name !== "count"),
			echo: listed[0],
			text: textOf(await call(client, "echo", { message: "hello, 漢" })),
		};
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": {
			kind: "as is",
			note: "Before a call the bridge reads the list of tools where no client has, to know which parameters `x-mcp-header` wants in headers.",
		},
		"modern on modern": {
			kind: "as is",
			note: "Before a call the bridge reads the list of tools where no client has, to know which parameters `x-mcp-header` wants in headers.",
		},
	},
};
