import { text } from "node:stream/consumers";
import { printJson } from "../protocol/json.ts";
import type { ErrorObject } from "../protocol/messages.ts";
import type { BridgeClient } from "./bridge-client.ts";
import { print, tell } from "./print.ts";
import { printable, resultText, toolsText } from "./show-result.ts";
import { needsSchema, toolArguments } from "./tool-arguments.ts";
import { type ClientOptions, withClient } from "./with-client.ts";

/** `mcp-edge-bridge tools`: a server's tools. Exit code 1 where it cannot say. */
export async function showTools(
	server: string,
	options: ClientOptions & { json?: boolean },
): Promise<void> {
	const list = await withClient(options, server, (client) =>
		client.list("tools/list", "tools"),
	);
	if ("error" in list) fail(list, options.json);
	else if (options.json) print(`${printJson({ tools: list.entries })}\n`);
	else print(toolsText(list.entries));
}

/**
 * `mcp-edge-bridge call`: the result of a tool. Exit code 1 where it is an
 * error, of the tool or of the protocol.
 *
 * @param words the arguments: see {@link toolArguments}; `-` alone: JSON from stdin
 */
export async function callTool(
	server: string,
	tool: string,
	words: readonly string[],
	options: ClientOptions & { json?: boolean },
): Promise<void> {
	const isFromStdin = words.length === 1 && words[0] === "-";
	const given = isFromStdin ? [await text(process.stdin)] : words;
	// What is wrong in itself is told before anything is started.
	const ready = needsSchema(given) ? undefined : toolArguments(given, {});
	const answer = await withClient(options, server, async (client) => {
		const schema = ready ? undefined : await schemaOf(client, tool);
		if (schema && "error" in schema) return schema;
		const input = ready ?? toolArguments(given, schema?.inputSchema);
		return await client.ask("tools/call", { name: tool, arguments: input });
	});
	if ("error" in answer) {
		fail(answer, options.json);
		return;
	}
	const { result } = answer;
	if (result.isError === true) process.exitCode = 1;
	if (options.json) print(`${printJson({ result })}\n`);
	else {
		const shown = resultText(result);
		print(process.stdout.isTTY ? printable(shown) : shown);
	}
}

/** Nothing where the server has no such tool: it says so itself when it is called. */
async function schemaOf(
	client: BridgeClient,
	tool: string,
): Promise<{ error: ErrorObject } | { inputSchema: unknown }> {
	const list = await client.list("tools/list", "tools");
	if ("error" in list) return list;
	const found = list.entries.find(({ name }) => name === tool);
	return { inputSchema: found?.inputSchema };
}

function fail({ error }: { error: ErrorObject }, json = false): void {
	process.exitCode = 1;
	if (json) print(`${printJson({ error })}\n`);
	else tell(`${printable(error.message)} (error ${error.code})\n`);
}
