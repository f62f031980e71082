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
	readonly #limitReached: (limit: "historyEvents" | "historyBytes") => void;
	#events: HistoryEvent[] = [];
	#bytes = 0;

	/**
	 * @param limitReached called for each event that is not kept any longer
	 */
	constructor(
		maxEvents: number,
		maxBytes: number,
		limitReached: (limit: "historyEvents" | "historyBytes") => void,
	) {
		this.#maxEvents = maxEvents;
		this.#maxBytes = maxBytes;
		this.#limitReached = limitReached;
	}

	/** Keeps an event, in the place of older ones. One that is larger than all that may be kept is not, and moves none. */
	add(event: HistoryEvent): void {
		if (this.#maxEvents === 0) return;
		const bytes = Buffer.byteLength(event.data);
		if (bytes > this.#maxBytes) {
			this.#limitReached("historyBytes");
			return;
		}
		this.#events.push(event);
		this.#bytes += bytes;
		while (
			this.#events.length > this.#maxEvents ||
			this.#bytes > this.#maxBytes
		) {
			const isByCount = this.#events.length > this.#maxEvents;
			this.#limitReached(isByCount ? "historyEvents" : "historyBytes");
			const oldest = this.#events.shift();
			if (oldest) this.#bytes -= Buffer.byteLength(oldest.data);
		}
	}

	/** Whether an event is kept. */
	has(stream: number, sequence: number): boolean {
		return this.#events.some(
			(event) => event.stream === stream && event.sequence === sequence,
		);
	}

	/** The events of one stream after a given one, oldest first. */
	after(stream: number, sequence: number): HistoryEvent[] {
		return this.#events.filter(
			(event) => event.stream === stream && event.sequence > sequence,
		);
	}
}
