import type { Id } from "../../protocol/messages.ts";
import type { EventStream } from "../event-stream.ts";
import type { EventHistory } from "./event-history.ts";
import { type EventId, eventId } from "./event-id.ts";

/**
 * One stream of a session, as the specification means it: it outlives the
 * connection that carries it. Its events have ids of their own; while no
 * connection carries it they wait in the session's history.
 */
export class SessionStream {
	readonly number: number;
	readonly #life: string;
	readonly #history: EventHistory;
	/** The request whose answer is still to come on it, where it is just one. */
	#owes: Id | undefined;
	#connection: EventStream | undefined;
	#sequence = 0;
	/** The last event that was handed to a connection. */
	#sent = 0;
	#ended = false;

	/**
	 * @param life of the session
	 * @param number within the session; 0 is the one that GET opens
	 * @param owes the request whose answer is to come on it, where it is just one
	 */
	constructor(life: string, number: number, history: EventHistory, owes?: Id) {
		this.#life = life;
		this.number = number;
		this.#history = history;
		this.#owes = owes;
	}

	/** Whether a connection carries it now. */
	get connected(): boolean {
		return this.#connection !== undefined;
	}

	/**
	 * Adds one message, given as JSON.
	 *
	 * @param isAnswer to one of the requests that the stream is for
	 */
	send(data: string, isAnswer = false): void {
		if (isAnswer) this.#owes = undefined;
		const sequence = ++this.#sequence;
		this.#history.add({ stream: this.number, sequence, data });
		if (!this.#connection) return;
		this.#connection.send({ data, id: this.#id(sequence) });
		this.#sent = sequence;
	}

	/**
	 * Puts it on a connection and sends what that has missed. One that carried it
	 * before is ended: a client opens a second only when it has lost the first.
	 *
	 * @param lastSequence the last event the client has, where it says so
	 * @param prime begin with an event that has an id and no data, from which the client can resume
	 */
	connect(connection: EventStream, lastSequence?: number, prime = false): void {
		const previous = this.#connection;
		this.#connection = connection;
		previous?.end();
		const after = lastSequence ?? this.#sent;
		if (prime) connection.send({ data: "", id: this.#id(after) });
		const missed = this.#history.after(this.number, after);
		connection.send(
			...missed.map(({ sequence, data }) => ({
				data,
				id: this.#id(sequence),
			})),
		);
		this.#sent = this.#sequence;
		if (this.#ended) connection.end();
	}

	/** The connection is gone; the stream goes on without. */
	disconnect(connection: EventStream): void {
		if (this.#connection === connection) this.#connection = undefined;
	}

	/** Whether nothing follows. */
	get ended(): boolean {
		return this.#ended;
	}

	/** Whether the answer that a client comes back for was its last event, and is not kept any more. */
	hasLost({ sequence, owes }: EventId): boolean {
		return (
			this.#ended &&
			owes !== undefined &&
			sequence < this.#sequence &&
			!this.#history.has(this.number, this.#sequence)
		);
	}

	/** Nothing follows. */
	end(): void {
		this.#ended = true;
		this.#connection?.end();
	}

	#id(sequence: number): string {
		const { number: stream } = this;
		return eventId({ life: this.#life, stream, sequence, owes: this.#owes });
	}
}
