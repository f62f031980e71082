/**
 * `mcp-remote-client.ts URL`: a client of stdio servers, started with what docs/clients/claude-desktop.json says.
 * It is asked by lines, as the programs of docs/clients are.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { answerLines } from "./answer-lines.ts";
import { docs } from "./install.ts";

const url = process.argv[2] ?? "";
const { mcpServers } = JSON.parse(
	readFileSync(path.join(docs, "claude-desktop.json"), "utf8"),
);
const { command, args } = mcpServers.everything as {
	command: string;
	args: string[];
};
const client = new Client({ name: "example", version: "1.0.0" });
await client.connect(
	new StdioClientTransport({
		command,
		args: args.map((arg) => {
			if (arg.startsWith("http://")) return url;
			return arg === "http-only" && url.endsWith("/sse") ? "sse-only" : arg;
		}),
		// Here npx finds it installed.
		cwd: path.join(import.meta.dirname, "node"),
		stderr: "inherit",
	}),
);
await answerLines({
	async list() {
		const { tools } = await client.listTools();
		return tools.map(({ name }) => name);
	},
	async call(name, args, onProgress) {
		const { content } = await client.callTool(
			{ name, arguments: args },
			undefined,
			{ onprogress: ({ progress }) => onProgress(progress) },
		);
		return (content as { text?: string }[])[0]?.text;
	},
});
await client.close();
