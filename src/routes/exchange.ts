import { printJson } from "../protocol/json.ts";
import type { ErrorObject, Message, Request } from "../protocol/messages.ts";
import type { EventStream } from "./event-stream.ts";

/** After this long without an answer, in ms, a response goes out as a stream, which can be kept alive. */
export const streamAfterMs = 10_000;

/**
 * The same for a modern request, which a closed response cancels: that the
 * client has gone is sure to be seen on a stream only (Deno tells of it late,
 * or not at all, before there is a response).
 */
export const modernStreamAfterMs = 2000;

/** Where the messages of a response go that is a stream. */
export interface MessageStream {
	/**
	 * Adds one message, given as JSON.
	 *
	 * @param isAnswer it answers a request of the POST
	 */
	send(data: string, isAnswer: boolean): void;
	/** Nothing follows. */
	end(): void;
}

/** The answer to one request, written already: what cannot be written is found out while its asker can still be told. */
export interface Written {
	json: string;
	error: ErrorObject | undefined;
}

/** How the HTTP response to a POST goes out. */
export type Answer = { answers: Written[] } | { connection: EventStream };

/** How a POST may be answered: what its client accepts and the config allows. */
export interface ExchangeOptions {
	json: boolean;
	sse: boolean;
	/** Whether there may be one more stream; only asked where JSON would do. */
	hasRoom(): boolean;
	/** Opens the stream, once it is known that one is needed, and puts it on the response's connection. */
	openStream(): { stream: MessageStream; connection: EventStream };
	/** Takes what belongs to a request whose client takes nothing but JSON, except for the answer; given as JSON. */
	aside(json: string): void;
	/** Every answer is there. */
	finished(): void;
}

/**
 * One POST with requests, and what comes back. It is JSON where nothing but
 * the answers comes back, and a stream from the first other message on, or
 * when the client has waited for a while (2025-11-25, transports, 'Sending
 * Messages to the Server').
 */
export class Exchange {
	readonly #options: ExchangeOptions;
	readonly #answer: (answer: Answer) => void;
	/** Settles when it is known how the HTTP response goes out. */
	readonly answer: Promise<Answer>;
	readonly #open: Set<Request>;
	readonly #answers: Written[] = [];
	#stream: MessageStream | undefined;

	constructor(requests: readonly Request[], options: ExchangeOptions) {
		this.#options = options;
		this.#open = new Set(requests);
		let answer: (answer: Answer) => void = () => {};
		this.answer = new Promise((resolve) => {
			answer = resolve;
		});
		this.#answer = answer;
		if (!options.json) this.stream();
	}

	/** Whether a message that is no answer can go out with it. */
	get streamable(): boolean {
		const { json, sse, hasRoom } = this.#options;
		return sse && this.#open.size > 0 && (!json || hasRoom());
	}

	/** How many of its requests are not answered yet. */
	get unanswered(): number {
		return this.#open.size;
	}

	/** Whether its HTTP response is a stream. */
	get streaming(): boolean {
		return this.#stream !== undefined;
	}

	/** Goes over to a stream, where that is possible and not done yet. */
	stream(): void {
		if (this.#stream || !this.streamable) return;
		const { stream, connection } = this.#options.openStream();
		this.#stream = stream;
		for (const { json } of this.#answers.splice(0)) stream.send(json, true);
		this.#answer({ connection });
	}

	/** Takes a message that belongs to one of the requests. */
	receive(request: Request, message: Message): void {
		if ("method" in message) {
			this.carry(message);
			return;
		}
		if (!this.#open.has(request)) return;
		const json = printJson(message);
		if (this.#stream) this.#stream.send(json, true);
		else {
			const error = "error" in message ? message.error : undefined;
			this.#answers.push({ json, error });
		}
		this.#open.delete(request);
		if (this.#open.size > 0) return;
		if (this.#stream) this.#stream.end();
		else this.#answer({ answers: this.#answers });
		this.#options.finished();
	}

	/** Takes a message that is no answer. */
	carry(message: Message): void {
		const json = printJson(message);
		this.stream();
		if (this.#stream) this.#stream.send(json, false);
		else this.#options.aside(json);
	}
}
