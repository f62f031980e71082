/**
 * `sdk-1.ts URL` lists a server's tools, then calls those that it reads from standard input.
 *
 * A line is a tool's name and its arguments, such as `echo {"message": "hi"}`; an empty line lists the tools.
 */
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const say = (what: object) => console.log(JSON.stringify(what));

const url = new URL(process.argv[2] ?? "");
const client = new Client({ name: "example", version: "1.0.0" });
await client.connect(
	url.pathname.endsWith("/sse")
		? new SSEClientTransport(url)
		: new StreamableHTTPClientTransport(url),
);

for await (const line of createInterface(process.stdin)) {
	const [, name = "", args] = /^(\S*) ?(.*)$/.exec(line) ?? [];
	try {
		if (name === "") {
			const { tools } = await client.listTools();
			say({ tools: tools.map((tool) => tool.name) });
		} else {
			const call = { name, arguments: JSON.parse(args ?? "") };
			const { content } = await client.callTool(call, undefined, {
				onprogress: ({ progress }) => say({ progress }),
			});
			const [block] = content as { text?: string }[];
			say({ text: block?.text });
		}
	} catch (error) {
		say({ error: String(error) });
	}
}
await client.close();
