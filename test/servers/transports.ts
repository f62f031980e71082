import * as v2 from "@modelcontextprotocol/client";
import { connect, type Json, serverUrl } from "../harness/clients.ts";

/** How a client comes to the bridge. */
export const transports = ["SSE", "Streamable HTTP", "2026-07-28"] as const;
export type Transport = (typeof transports)[number];

export interface ToolResult {
	/** The text of all content blocks. */
	text: string;
	structuredContent?: Json;
	isError: boolean;
}

/** One connected client of one server. */
export interface Caller {
	call(tool: string, args?: Json): Promise<ToolResult>;
	/** The text; an error result throws. */
	text(tool: string, args?: Json): Promise<string>;
	close(): Promise<void>;
}

/** A cold start on a busy machine is included. */
const timeout = 120_000;

export async function open(
	url: string,
	server: string,
	transport: Transport,
): Promise<Caller> {
	if (transport === "2026-07-28") return openModern(url, server);
	const client = await connect({ url }, server, {
		transport: transport === "SSE" ? "sse" : "streamable",
	});
	return caller(
		(name, args) => client.call(name, args, { timeout }),
		() => client.close(),
	);
}

/** The official SDK's client of revision 2026-07-28, which speaks nothing else. */
async function openModern(url: string, server: string): Promise<Caller> {
	const client = new v2.Client(
		{ name: "test-servers", version: "1.0.0" },
		{ versionNegotiation: { mode: { pin: "2026-07-28" } } },
	);
	await client.connect(
		new v2.StreamableHTTPClientTransport(
			serverUrl({ url }, server, "streamable"),
		),
		{ timeout },
	);
	return caller(
		async (name, args) =>
			(await client.callTool({ name, arguments: args }, { timeout })) as Json,
		() => client.close(),
	);
}

function caller(
	request: (name: string, args: Json) => Promise<Json>,
	close: () => Promise<void>,
): Caller {
	const call: Caller["call"] = async (tool, args = {}) => {
		const result = await request(tool, args);
		const content = (result.content ?? []) as { text?: string }[];
		return {
			text: content.map(({ text = "" }) => text).join("\n"),
			isError: result.isError === true,
			...(result.structuredContent !== undefined && {
				structuredContent: result.structuredContent as Json,
			}),
		};
	};
	return {
		call,
		async text(tool, args) {
			const { text, isError } = await call(tool, args);
			if (isError) throw new Error(`${tool}: ${text}`);
			return text;
		},
		close,
	};
}
