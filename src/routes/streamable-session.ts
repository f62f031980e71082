import {
	isRequest,
	type Message,
	type Notification,
	type Response,
} from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import {
	assumedRevision,
	type LegacyRevision,
	negotiate,
} from "../protocol/revisions.ts";
import { EventHistory } from "./event-history.ts";
import { EventStream, type EventStreamOptions } from "./event-stream.ts";
import { Exchange } from "./exchange.ts";
import { SessionStream } from "./session-stream.ts";

/** How one POST may be answered. */
export interface PostOptions {
	json: boolean;
	sse: boolean;
}

/** What a session needs to know, the same for all of one bridge. */
export interface SessionOptions extends EventStreamOptions {
	historyEvents: number;
	historyBytes: number;
}

/** How many ended streams of a session can still be resumed. */
const endedStreams = 32;

/** A legacy client's conversation over Streamable HTTP (2025-11-25, transports, 'Session Management'). */
export class StreamableSession {
	/** The revision that its `initialize` agreed on. */
	revision: LegacyRevision = assumedRevision;
	/** When it was last used, in ms since 1970. */
	lastUsed = Date.now();
	readonly #peer: Peer;
	readonly #options: SessionOptions;
	readonly #history: EventHistory;
	/** The stream of what belongs to no request, which GET opens. */
	readonly #own: SessionStream;
	readonly #streams = new Map<number, SessionStream>();
	readonly #exchanges = new Set<Exchange>();
	#lastStream = 0;
	#leaving = false;

	constructor(peer: Peer, options: SessionOptions) {
		this.#peer = peer;
		this.#options = options;
		this.#history = new EventHistory(
			options.historyEvents,
			options.historyBytes,
		);
		this.#own = new SessionStream(0, this.#history);
		this.#streams.set(0, this.#own);
		peer.listen((message) => this.#hear(message));
	}

	/** Whether somebody is there: a stream is open, or a POST waits for its answer. A call whose stream broke does not keep it. */
	get active(): boolean {
		return (
			[...this.#streams.values()].some(({ connected }) => connected) ||
			[...this.#exchanges].some(({ streaming }) => !streaming)
		);
	}

	/** The session's part of a POST with requests; everything else in it is told along. */
	ask(messages: readonly Message[], options: PostOptions): Exchange {
		const requests = messages.filter(isRequest);
		const exchange = new Exchange(requests, {
			...options,
			openStream: () => this.#openStream(),
			aside: (message) => this.#own.send(JSON.stringify(message)),
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
			this.#peer.ask(message, (answer) => exchange.receive(message, answer));
		}
		return exchange;
	}

	/** A notification or a client's answer. */
	tell(message: Notification | Response): void {
		this.#peer.tell(message);
	}

	/**
	 * The connection for a GET: it carries the session's own stream, or the one
	 * that `resume` names. Undefined where that one is not known (any more).
	 */
	listen(resume?: {
		stream: number;
		sequence: number;
	}): EventStream | undefined {
		const stream = this.#streams.get(resume?.stream ?? 0);
		return stream && this.#connect(stream, resume?.sequence, !resume);
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
		else this.#own.send(JSON.stringify(message));
	}

	#openStream() {
		const number = ++this.#lastStream;
		const stream = new SessionStream(number, this.#history);
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
