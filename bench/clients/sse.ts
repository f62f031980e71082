import { Connections } from "./connections.ts";
import { eventReader } from "./events.ts";
import { exchange, isSuccess, postHeaders } from "./exchange.ts";
import { Questions } from "./questions.ts";
import { encode, requestTimeoutMs, type Session } from "./session.ts";

/** Revision 2024-11-05: one event stream for all answers, and a POST, answered 202, for each message. */
export async function connectSse(url: URL): Promise<Session> {
	const connections = new Connections(url);
	const questions = new Questions();
	const endpoint = await openStream(url, connections, questions).catch(
		(error) => {
			connections.close();
			throw error;
		},
	);
	const post = connections.head("POST", endpoint, postHeaders);
	return {
		ask: (method, params) =>
			questions.ask((id) =>
				exchange(connections, post, encode({ id, method, params })),
			),
		tell: (method) => exchange(connections, post, encode({ method })),
		async close() {
			connections.close();
		},
		strays: () => questions.strays,
	};
}

/** Resolves with the URL to post to, which is the first event. */
function openStream(
	url: URL,
	connections: Connections,
	questions: Questions,
): Promise<URL> {
	return new Promise((resolve, reject) => {
		const fail = (error: Error) => {
			clearTimeout(timer);
			questions.end(error);
			reject(error);
		};
		const head = connections.head("GET", url, { accept: "text/event-stream" });
		const receiver = {
			head(status: number) {
				if (!isSuccess(status)) fail(new Error(`HTTP ${status}`));
			},
			text: eventReader((name, data) => {
				if (name === "message") return questions.answer(data);
				if (name !== "endpoint") return;
				clearTimeout(timer);
				resolve(new URL(data, url));
			}),
			end: () => fail(new Error("the event stream ended")),
			fail,
		};
		connections.send(head, undefined, receiver);
		const timer = setTimeout(
			() => fail(new Error(`no endpoint event in ${requestTimeoutMs} ms`)),
			requestTimeoutMs,
		);
	});
}
