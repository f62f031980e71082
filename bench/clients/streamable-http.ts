import { Connections } from "./connections.ts";
import { exchange, postHeaders } from "./exchange.ts";
import {
	encode,
	type Message,
	resultOf,
	revision,
	type Session,
} from "./session.ts";

/** Revision 2025-06-18: a POST for each message, answered as JSON or as an event stream, in a session with an id. */
export async function connectStreamableHttp(url: URL): Promise<Session> {
	const connections = new Connections(url);
	const heads = (headers: Record<string, string>) => ({
		post: connections.head("POST", url, { ...postHeaders, ...headers }),
		delete: connections.head("DELETE", url, headers),
	});
	let head = heads({});
	let lastId = 0;
	let strays = 0;

	const ask = (method: string, params: object): Promise<unknown> => {
		const id = ++lastId;
		const body = encode({ id, method, params });
		return new Promise((resolve, reject) => {
			exchange(connections, head.post, body, (text, header) => {
				const message: Message = JSON.parse(text);
				if (message.method !== undefined) return;
				if (message.id !== id) {
					strays++;
					return;
				}
				const session = header("mcp-session-id");
				if (method === "initialize" && session)
					head = heads({
						"mcp-session-id": session,
						"mcp-protocol-version": revision,
					});
				try {
					resolve(resultOf(message));
				} catch (error) {
					reject(error);
				}
			}).then(
				// No effect where the answer was there.
				() => reject(new Error("the response holds no answer")),
				reject,
			);
		});
	};

	return {
		ask,
		tell: (method) => exchange(connections, head.post, encode({ method })),
		async close() {
			try {
				await exchange(connections, head.delete, undefined);
			} finally {
				connections.close();
			}
		},
		strays: () => strays,
	};
}
