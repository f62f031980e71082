import {
	errorOf,
	type Members,
	type Message,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../../src/protocol/messages.ts";
import type { Peer, Receive } from "../../src/protocol/peer.ts";

/** A request that a scripted peer got, and the ways to answer it. */
export interface ScriptedRequest {
	request: Request;
	/** Says something that belongs to the request. */
	say(message: Message): void;
	result(result?: Members): void;
	error(code: number, message?: string, data?: unknown): void;
}

/** A peer that only keeps what reaches it: the test answers, when and how it wants. */
export class ScriptedPeer implements Peer {
	readonly asked: ScriptedRequest[] = [];
	readonly told: (Notification | Response)[] = [];
	closed = false;
	/** Says something that belongs to no request. */
	say: Receive = () => {
		throw new Error("Nobody listens");
	};

	ask(request: Request, receive: Receive): void {
		this.asked.push({
			request,
			say: receive,
			result: (result = {}) => receive(resultOf(request.id, result)),
			error: (code, message = "no", data) =>
				receive(
					errorOf(request.id, {
						code,
						message,
						...(data === undefined ? {} : { data }),
					}),
				),
		});
	}

	tell(message: Notification | Response): void {
		this.told.push(message);
	}

	listen(receive: Receive): void {
		this.say = receive;
	}

	close(): void {
		this.closed = true;
	}

	/** The requests of this method, oldest first. */
	all(method: string): ScriptedRequest[] {
		return this.asked.filter(({ request }) => request.method === method);
	}

	/** The newest request of this method. */
	latest(method: string): ScriptedRequest {
		const found = this.all(method).at(-1);
		if (!found) throw new Error(`Nobody asked ${method}`);
		return found;
	}
}

/** Keeps what it receives. */
export function inbox(): Receive & { readonly messages: Message[] } {
	const messages: Message[] = [];
	const receive = (message: Message) => {
		messages.push(message);
	};
	return Object.assign(receive, { messages });
}
