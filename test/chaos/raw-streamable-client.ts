import type { Json } from "../harness/clients.ts";
import {
	events,
	initializedNotification,
	initializeRequest,
} from "../harness/raw-http.ts";
import {
	type ChaosClient,
	type ClientContext,
	handshake,
} from "./chaos-client.ts";
import { IdBook } from "./id-book.ts";
import { postTo } from "./post-client.ts";

const revision = "2025-11-25";

export interface RawStreamableOptions {
	capabilities?: Json;
	/** It keeps a stream open by GET. */
	listens?: boolean;
}

/** Initializes once, and goes on with the id of its session whatever becomes of the bridge. */
export function rawStreamableClient(
	context: ClientContext,
	{ capabilities = {}, listens = false }: RawStreamableOptions = {},
): ChaosClient {
	const { base, network } = context;
	const ids = new IdBook(context, -32000);
	let headers: Record<string, string> | undefined;
	let isListening = false;

	async function initialize(): Promise<void> {
		network.sessionGone = false;
		await handshake(context, -32000, async (request) => {
			const message = initializeRequest(
				revision,
				capabilities,
				ids.enter(request),
			);
			Object.assign(message.params ?? {}, {
				clientInfo: { name: request.nonce, version: "0.0.1" },
			});
			const response = await postTo(context, message, {}, ids);
			const session = response?.headers.get("mcp-session-id");
			if (session) {
				headers = {
					"mcp-session-id": session,
					"mcp-protocol-version": revision,
				};
			}
			await request.settled;
		});
		await postTo(context, initializedNotification, headers ?? {}, ids);
	}

	async function listen(): Promise<void> {
		isListening = true;
		try {
			const response = await network.fetch(`${base}/mcp`, {
				headers: { accept: "text/event-stream", ...headers },
			});
			if (!response.ok) return;
			for await (const { data } of events(response))
				if (data) ids.take(JSON.parse(data));
		} catch {
			// It is opened again before the next request.
		} finally {
			isListening = false;
		}
	}

	return {
		async ready() {
			if (headers === undefined || network.sessionGone) await initialize();
			if (listens && !isListening) void listen();
		},
		call(request, args) {
			const id = ids.enter(request);
			const params = { name: request.tool, arguments: args };
			void postTo(
				context,
				{ jsonrpc: "2.0", id, method: "tools/call", params },
				headers ?? {},
				ids,
			);
		},
		async close() {
			if (headers === undefined) return;
			await network.fetch(`${base}/mcp`, { method: "DELETE", headers });
			network.leave();
		},
	};
}
