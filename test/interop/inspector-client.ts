/**
 * `inspector-client.ts URL` runs the command line of MCP Inspector for each line that it is asked by, as
 * docs/clients/inspector.md shows it.
 */
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { bridgeCommand } from "../harness/runtimes.ts";
import { answerLines } from "./answer-lines.ts";

// It needs Node 22.19 or later.
const [node] = bridgeCommand("node24");
const program = path.join(
	import.meta.dirname,
	"node/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);

async function inspector(...args: string[]) {
	const url = process.argv[2] ?? "";
	const { stdout } = await promisify(execFile)(node, [
		...[program, "--cli", url, "--method"],
		...args,
	]);
	return JSON.parse(stdout);
}

await answerLines({
	async list() {
		const { tools } = await inspector("tools/list");
		return tools.map(({ name }: { name: string }) => name);
	},
	async call(name, args) {
		const pairs = Object.entries(args).flatMap(([key, value]) => [
			"--tool-arg",
			`${key}=${value}`,
		]);
		const { content } = await inspector(
			...["tools/call", "--tool-name", name, ...pairs],
		);
		return content[0].text;
	},
});
