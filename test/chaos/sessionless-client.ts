import type { ChaosClient, ClientContext } from "./chaos-client.ts";
import { IdBook } from "./id-book.ts";
import { postTo } from "./post-client.ts";

/** Posts each request by itself, without any handshake. */
export function sessionlessClient(context: ClientContext): ChaosClient {
	const ids = new IdBook(context, -32000);
	return {
		async ready() {},
		call(request, args) {
			const id = ids.enter(request);
			const params = { name: request.tool, arguments: args };
			const method = "tools/call";
			void postTo(context, { jsonrpc: "2.0", id, method, params }, {}, ids);
		},
		async close() {},
	};
}
