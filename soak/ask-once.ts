import type { Connections } from "../bench/clients/connections.ts";
import { exchange } from "../bench/clients/exchange.ts";
import type { Header } from "../bench/clients/response-reader.ts";
import { type Message, resultOf } from "../bench/clients/session.ts";

/** What one POST was answered with. */
export interface Answered {
	readonly result: unknown;
	/** What came before the answer. */
	readonly notifications: readonly Notification[];
	readonly header: Header;
}

export interface Notification extends Message {
	readonly params?: Record<string, unknown>;
}

/** Posts a request. Anything but exactly one answer to it, behind notifications, is an error. */
export async function askOnce(
	connections: Connections,
	head: string,
	request: Message & { params: object },
): Promise<Answered> {
	const messages: Notification[] = [];
	let header: Header = () => undefined;
	const body = JSON.stringify({ jsonrpc: "2.0", ...request });
	await exchange(connections, head, body, (text, itsHeader) => {
		header = itsHeader;
		// The empty event that a stream of 2025-11-25 begins with.
		if (text !== "") messages.push(JSON.parse(text));
	});
	const answer = messages.pop();
	const isAnswer = answer?.method === undefined && answer?.id === request.id;
	if (!answer || !isAnswer || messages.some(({ id }) => id !== undefined))
		throw new Error(
			`wrong answer to ${request.method} ${request.id}: ${JSON.stringify([...messages, answer]).slice(0, 300)}`,
		);
	return { result: resultOf(answer), notifications: messages, header };
}
