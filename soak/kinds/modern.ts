import { postHeaders } from "../../bench/clients/exchange.ts";
import { askOnce } from "../ask-once.ts";
import {
	askable,
	type SessionContext,
	type SessionKind,
	serverUrl,
} from "../session-kind.ts";

const revision = "2026-07-28";

export const modern: readonly SessionKind[] = [
	{
		name: "2026-07-28, one request",
		share: 200,
		run: (context) => request(context, {}),
	},
	{
		name: "2026-07-28, one request on a child of its own",
		share: 1,
		run: (context) => request(context, askable),
	},
];

async function request(
	context: SessionContext,
	capabilities: object,
): Promise<void> {
	const { connections, number } = context;
	const head = connections.head("POST", serverUrl(context, "auto", "mcp"), {
		...postHeaders,
		"mcp-protocol-version": revision,
		"mcp-method": "tools/call",
		"mcp-name": "echo",
	});
	const text = `Without a session, number ${number}`;
	const { result } = await askOnce(connections, head, {
		id: number,
		method: "tools/call",
		params: {
			name: "echo",
			arguments: { text },
			_meta: {
				"io.modelcontextprotocol/protocolVersion": revision,
				"io.modelcontextprotocol/clientCapabilities": capabilities,
			},
		},
	});
	const { content } = result as { content?: { text?: unknown }[] };
	if (content?.[0]?.text !== text)
		throw new Error(`wrong answer to echo: ${JSON.stringify(result)}`);
}
