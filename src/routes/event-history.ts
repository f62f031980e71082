/** One event that was, or is to be, sent on a stream of a session. */
export interface HistoryEvent {
	/** Number of the stream within its session. */
	stream: number;
	/** Number of the event within its stream, from 1; 0 stands for its beginning. */
	sequence: number;
	data: string;
}

/**
 * The last events of one session, for clients that come back with
 * `Last-Event-ID` (2025-11-25, transports, 'Resumability and Redelivery').
 * Bounded by count and by bytes; the oldest go first.
 */
export class EventHistory {
	readonly #maxEvents: number;
	readonly #maxBytes: number;
	#events: HistoryEvent[] = [];
	#bytes = 0;

	constructor(maxEvents: number, maxBytes: number) {
		this.#maxEvents = maxEvents;
		this.#maxBytes = maxBytes;
	}

	/** Keeps an event, in the place of older ones. One that is larger than all that may be kept is not, and moves none. */
	add(event: HistoryEvent): void {
		if (Buffer.byteLength(event.data) > this.#maxBytes) return;
		this.#events.push(event);
		this.#bytes += Buffer.byteLength(event.data);
		while (
			this.#events.length > this.#maxEvents ||
			this.#bytes > this.#maxBytes
		) {
			const oldest = this.#events.shift();
			if (oldest) this.#bytes -= Buffer.byteLength(oldest.data);
		}
	}

	/** The events of one stream after a given one, oldest first. */
	after(stream: number, sequence: number): HistoryEvent[] {
		return this.#events.filter(
			(event) => event.stream === stream && event.sequence > sequence,
		);
	}
}

/** The id of an event: unique in its session, and naming its stream. */
export function eventId(stream: number, sequence: number): string {
	return `${stream}-${sequence}`;
}

/** Undefined for an id that no session of this bridge ever gave. */
export function parseEventId(
	id: string,
): { stream: number; sequence: number } | undefined {
	const match = /^(\d{1,9})-(\d{1,9})$/.exec(id);
	return match
		? { stream: Number(match[1]), sequence: Number(match[2]) }
		: undefined;
}
