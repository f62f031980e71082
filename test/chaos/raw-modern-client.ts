import { ModernClient, modernRevision } from "../harness/modern-client.ts";
import type { ChaosClient, ClientContext } from "./chaos-client.ts";
import { IdBook } from "./id-book.ts";
import { postTo } from "./post-client.ts";

/** Revision 2026-07-28: every request says all of itself. */
export function rawModernClient(context: ClientContext): ChaosClient {
	const ids = new IdBook(context, -32603);
	const identity = { clientInfo: { name: context.name, version: "0.0.1" } };
	const { origin: url } = new URL(context.base);
	const client = new ModernClient({ url }, context.server.name, identity);
	return {
		async ready() {},
		call(request, args) {
			const message = client.message(
				"tools/call",
				{ name: request.tool, arguments: args },
				{ id: ids.enter(request) },
			);
			const headers = {
				"mcp-protocol-version": modernRevision,
				"mcp-method": "tools/call",
				"mcp-name": request.tool,
			};
			void postTo(context, message, headers, ids);
		},
		async close() {},
	};
}
