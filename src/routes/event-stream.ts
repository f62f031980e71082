import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { inPieces, pieceTimeoutMs } from "./in-pieces.ts";
import { type NodeBindings, nodeBindings } from "./node-bindings.ts";

/** One server-sent event of the MCP transports: one line of data, so no field needs splitting. */
export interface Event {
	data: string;
	id?: string;
	/** Named only where the transport says so: several clients take every event for a message. */
	event?: string;
}

/** What an event stream needs to know, the same for all clients of one server. */
export interface EventStreamOptions {
	/** Bytes that may wait for a client that reads too slowly. */
	maxStreamBufferBytes: number;
	keepAlive: KeepAlive;
	/** The client was cut off, since more than that waited for it. */
	limitReached(limit: "maxStreamBufferBytes"): void;
}

/** Timer of all open streams: each gets a comment line now and then, so that nobody on the way takes it for dead. */
export class KeepAlive {
	readonly #streams = new Set<EventStream>();
	#timer: NodeJS.Timeout | undefined;

	/**
	 * @param intervalMs 0 turns it off
	 */
	constructor(intervalMs: number) {
		if (intervalMs === 0) return;
		this.#timer = setInterval(() => {
			for (const stream of this.#streams) stream.comment();
		}, intervalMs);
	}

	/** How many streams are open. */
	get size(): number {
		return this.#streams.size;
	}

	add(stream: EventStream): void {
		this.#streams.add(stream);
	}

	delete(stream: EventStream): void {
		this.#streams.delete(stream);
	}

	/** Ends every open stream politely, and the timer. */
	close(): void {
		clearInterval(this.#timer);
		for (const stream of this.#streams) stream.end();
	}
}

/** What a runtime's server wants to know, which else would take a silent stream for an idle connection. */
interface StreamBindings {
	streamEnded?(request: Request): void;
}

/** A proxy that compresses would hold events back, and some clients read what names no charset as ISO-8859-1. */
const streamHeaders = [
	["Content-Type", "text/event-stream; charset=utf-8"],
	["Cache-Control", "no-cache, no-transform"],
	["X-Accel-Buffering", "no"],
] as const;

/** One open SSE response. Events may be sent before the response goes out. */
export class EventStream {
	readonly #options: EventStreamOptions;
	readonly #onClose: () => void;
	#pending: string[] = [":\n\n"];
	#pendingBytes = 0;
	#ending = false;
	#closed = false;
	#wake: () => void = () => {};
	#sse: SSEStreamingApi | undefined;
	#lastWords: NodeJS.Timeout | undefined;
	/** Node's response, where it is Node's: the stream's own end leaves the connection of a client that does not read. */
	#outgoing: NodeBindings["outgoing"];

	/**
	 * @param onClose called once, when nothing can be sent any more: the client has gone, was cut off, or the stream was ended
	 */
	constructor(options: EventStreamOptions, onClose: () => void) {
		this.#options = options;
		this.#onClose = onClose;
	}

	/**
	 * Queues events. After the end it does nothing. Those of one call stay
	 * together: where nothing waits yet they are sent, however large.
	 */
	send(...events: Event[]): void {
		this.#push(events.map(format).join(""));
	}

	/** Queues a comment line, which clients skip. */
	comment(): void {
		if (this.#pending.length === 0) this.#push(":\n\n");
	}

	/** Ends the stream after what is queued, or cuts it off where the client does not read that. */
	end(): void {
		if (this.#ending || this.#closed) return;
		this.#ending = true;
		this.#lastWords = setTimeout(() => this.#cut(), pieceTimeoutMs);
		this.#wake();
	}

	/** The HTTP response that carries the stream. */
	response(c: Context): Response {
		this.#outgoing = nodeBindings(c).outgoing;
		const response = streamSSE(c, async (sse) => {
			sse.onAbort(() => this.#close());
			this.#sse = sse;
			this.#options.keepAlive.add(this);
			try {
				await this.#run(sse);
			} finally {
				this.#close();
				(c.env as StreamBindings | undefined)?.streamEnded?.(c.req.raw);
			}
		});
		// Not by c.header(): Hono sets some of these itself.
		const { headers } = response;
		for (const [name, value] of streamHeaders) headers.set(name, value);
		// What the connection can take is the runtime's to say: a client of HTTP/1.0 gets neither chunks nor another answer.
		headers.delete("Transfer-Encoding");
		headers.delete("Connection");
		return response;
	}

	async #run(sse: SSEStreamingApi): Promise<void> {
		while (!this.#closed) {
			if (this.#pending.length > 0) {
				const text = this.#pending.join("");
				this.#pending = [];
				for (const piece of inPieces(text)) {
					if (this.#closed) return;
					// Awaited, so a client that does not read fills our bounded queue and not the runtime's.
					await sse.write(piece);
					// It reads, be it slowly.
					this.#lastWords?.refresh();
				}
				this.#pendingBytes = 0;
				for (const waiting of this.#pending) {
					this.#pendingBytes += Buffer.byteLength(waiting);
				}
			} else if (this.#ending) {
				return;
			} else {
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
			}
		}
	}

	#push(text: string): void {
		if (this.#closed || this.#ending || text === "") return;
		const bytes = Buffer.byteLength(text);
		if (
			this.#pendingBytes > 0 &&
			this.#pendingBytes + bytes > this.#options.maxStreamBufferBytes
		) {
			this.#options.limitReached("maxStreamBufferBytes");
			this.#cut();
			return;
		}
		this.#pending.push(text);
		this.#pendingBytes += bytes;
		this.#wake();
	}

	#cut(): void {
		this.#close();
		// The write that the client does not read would be waited for forever.
		this.#sse?.abort();
		this.#outgoing?.destroy();
	}

	#close(): void {
		if (this.#closed) return;
		this.#closed = true;
		clearTimeout(this.#lastWords);
		this.#pending = [];
		this.#options.keepAlive.delete(this);
		this.#wake();
		this.#onClose();
	}
}

function format({ data, id, event }: Event): string {
	const eventLine = event === undefined ? "" : `event: ${event}\n`;
	const idLine = id === undefined ? "" : `id: ${id}\n`;
	return `${eventLine}${idLine}data: ${data}\n\n`;
}
