import { ErrorCode } from "../../protocol/error-codes.ts";
import { printJson } from "../../protocol/json.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	isRequest,
	type Message,
	type Notification,
	type Response,
} from "../../protocol/messages.ts";
import type { Peer } from "../../protocol/peer.ts";
import {
	assumedRevision,
	type LegacyRevision,
	negotiate,
} from "../../protocol/revisions.ts";
import { EventStream, type EventStreamOptions } from "../event-stream.ts";
import { Exchange } from "../exchange.ts";
import type { MessageOrigin } from "../message-origin.ts";
import type { Observe } from "../observed-request.ts";
import { EventHistory } from "./event-history.ts";
import type { EventId } from "./event-id.ts";
import { SessionStream } from "./session-stream.ts";

/** How one POST may be answered. */
export interface PostOptions {
	json: boolean;
	sse: boolean;
	/** Whether there may be one more stream. */
	hasRoom(): boolean;
	/** Where its messages come from, where somebody wants to know. */
	origin?: MessageOrigin | undefined;
}

/** What a session needs to know, the same for all of one bridge. */
export interface SessionOptions extends EventStreamOptions {
	/** Has its requests told to who wants to hear of them. */
	observe: Observe;
	historyEvents: number;
	historyBytes: number;
	/** A bound was reached: the option's name. */
	limitReached(
		limit: "maxStreamBufferBytes" | "historyEvents" | "historyBytes",
	): void;
}

/** How many ended streams of a session can still be resumed. */
const endedStreams = 32;

/** A legacy client's conversation over Streamable HTTP (2025-11-25, transports, 'Session Management'). */
export class StreamableSession {
	/** The revision that its `initialize` agreed on. */
	revision: LegacyRevision;
	/** When it was last used, in ms since 1970. */
	lastUsed = Date.now();
	readonly #peer: Peer;
	readonly #options: SessionOptions;
	readonly #history: EventHistory;
	/** The stream of what belongs to no request, which GET opens. */
	readonly #own: SessionStream;
	/** Event ids of another life of the session mean nothing in this one. */
	readonly #life = crypto.randomUUID().slice(0, 8);
	readonly #streams = new Map<number, SessionStream>();
	readonly #exchanges = new Set<Exchange>();
	readonly #abandoned = new WeakSet<Exchange>();
	#lastStream = 0;
	#leaving = false;

	constructor(
		peer: Peer,
		options: SessionOptions,
		revision: LegacyRevision = assumedRevision,
	) {
		this.revision = revision;
		this.#peer = peer;
		this.#options = options;
		const { historyEvents, historyBytes, limitReached } = options;
		this.#history = new EventHistory(historyEvents, historyBytes, limitReached);
		this.#own = new SessionStream(this.#life, 0, this.#history);
		this.#streams.set(0, this.#own);
		peer.listen((message) => this.#hear(message));
	}

	/** Whether somebody is there: a stream is open, or a POST waits for its answer. A call whose stream broke does not keep it. */
	get active(): boolean {
		return (
			[...this.#streams.values()].some(({ connected }) => connected) ||
			[...this.#exchanges].some(
				(exchange) => !exchange.streaming && !this.#abandoned.has(exchange),
			)
		);
	}

	/** Whether a client is on the stream that GET opens. */
	get listening(): boolean {
		return this.#own.connected;
	}

	/** Whoever posted it has gone: it goes on, but keeps nobody here. */
	abandon(exchange: Exchange): void {
		this.#abandoned.add(exchange);
	}

	/** How many requests of its client are not answered yet. */
	get unanswered(): number {
		let count = 0;
		for (const exchange of this.#exchanges) count += exchange.unanswered;
		return count;
	}

	/** The session's part of a POST with requests; everything else in it is told along. */
	ask(messages: readonly Message[], options: PostOptions): Exchange {
		const requests = messages.filter(isRequest);
		const exchange = new Exchange(requests, {
			...options,
			openStream: () => {
				const [only, ...others] = requests;
				return this.#openStream(others.length === 0 ? only?.id : undefined);
			},
			aside: (json) => this.#own.send(json),
			finished: () => {
				this.#exchanges.delete(exchange);
				this.lastUsed = Date.now();
				if (this.#leaving) this.leave();
			},
		});
		this.#exchanges.add(exchange);
		for (const message of messages) {
			if (!isRequest(message)) {
				this.tell(message);
				continue;
			}
			if (message.method === "initialize") {
				this.revision = negotiate(message.params?.protocolVersion);
			}
			const { request, receive } = this.#options.observe(
				message,
				(answer) => exchange.receive(message, answer),
				options.origin,
			);
			this.#peer.ask(request, receive);
		}
		return exchange;
	}

	/** A notification or a client's answer. */
	tell(message: Notification | Response): void {
		this.#peer.tell(message);
	}

	/**
	 * The connection for a GET: it carries the session's own stream, or the one
	 * that the client resumes. What a stream still owed that is forgotten, or of
	 * another bridge, is answered with an error, so that nobody waits for ever.
	 */
	listen(resume?: EventId): EventStream {
		if (!resume) return this.#connect(this.#own, undefined, true);
		const stream =
			resume.life === this.#life ? this.#streams.get(resume.stream) : undefined;
		if (stream && !stream.hasLost(resume)) {
			return this.#connect(stream, resume.sequence, false);
		}
		if (resume.owes !== undefined) return this.#lastWord(resume.owes);
		const isOwn = resume.stream === 0 || !this.#own.connected;
		if (isOwn) return this.#connect(this.#own, undefined, true);
		const connection = this.#nothing();
		connection.end();
		return connection;
	}

	/** Ends it once nothing is in flight any more. */
	leave(): void {
		this.#leaving = true;
		if (this.#exchanges.size === 0) this.close();
	}

	/** Ends it: DELETE, or the time. */
	close(): void {
		this.#peer.close();
		for (const stream of this.#streams.values()) stream.end();
	}

	/** What belongs to no request goes to the stream of GET; a question must not wait for one that nobody opens. */
	#hear(message: Message): void {
		const exchange =
			isRequest(message) && !this.#own.connected
				? [...this.#exchanges].find(({ streamable }) => streamable)
				: undefined;
		if (exchange) exchange.carry(message);
		else this.#own.send(printJson(message));
	}

	#lastWord(owed: Id): EventStream {
		const connection = this.#nothing();
		connection.send({ data: printJson(errorOf(owed, answerLost)) });
		connection.end();
		return connection;
	}

	#nothing(): EventStream {
		return new EventStream(this.#options, () => {
			this.lastUsed = Date.now();
		});
	}

	#openStream(owes: Id | undefined) {
		const number = ++this.#lastStream;
		const stream = new SessionStream(this.#life, number, this.#history, owes);
		const ended = [...this.#streams.values()].filter((other) => other.ended);
		if (ended.length >= endedStreams) {
			this.#streams.delete(ended[0]?.number ?? 0);
		}
		this.#streams.set(number, stream);
		return { stream, connection: this.#connect(stream, 0, true) };
	}

	/** @param begin the stream begins here, so the client is given an id to resume it from */
	#connect(
		stream: SessionStream,
		sequence: number | undefined,
		begin: boolean,
	): EventStream {
		const connection: EventStream = new EventStream(this.#options, () => {
			stream.disconnect(connection);
			this.lastUsed = Date.now();
		});
		// Clients before 2025-11-25 take the empty event for a message that is no JSON.
		const prime = begin && this.revision >= "2025-11-25";
		stream.connect(connection, sequence, prime);
		return connection;
	}
}

const answerLost: ErrorObject = {
	code: ErrorCode.serverUnavailable,
	message:
		"The answer is lost: the bridge was started anew, or forgot it, while the client was away (whether the request was carried out is not known)",
	data: { code: "ANSWER_LOST" },
};
