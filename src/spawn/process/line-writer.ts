import type { Writable } from "node:stream";

/** So many bytes are taken whole or not at all: of lines that were written together a child has all or none (POSIX, write, `PIPE_BUF`; Linux does the same for sockets). */
const maxTogether = 4096;

/** A line that comes this soon after another, in ms, waits for what follows in the same turn: its sender is not the only one. */
const closeMs = 0.1;

/** A line that is on its way. */
interface Line {
	text: string;
	bytes: number;
	/** Called when the system has taken all of it for the child. */
	written: (() => void) | undefined;
}

/**
 * Writes lines to a child: a single one at once, those of a crowd together that
 * come in the same turn of the event loop.
 *
 * The lines wait here and not in the stream, which would write all that it has
 * in one go: of a child that died meanwhile nobody could tell any more which of
 * them it had read.
 */
export class LineWriter {
	readonly #stream: Writable;
	readonly #drained: () => void;
	readonly #now: () => number;
	#lines: Line[] = [];
	/** Of all that has not been taken. */
	#bytes = 0;
	/** When the last line came that was not gathered, in ms. */
	#last = Number.NEGATIVE_INFINITY;
	#isWriting = false;
	#isGathering = false;
	#isEnding = false;

	/**
	 * @param drained called when bytes have been taken
	 * @param now in ms, from whenever
	 */
	constructor(
		stream: Writable,
		drained: () => void,
		now = () => performance.now(),
	) {
		this.#stream = stream;
		this.#drained = drained;
		this.#now = now;
	}

	/** Bytes that the system has not taken for the child. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Takes a line with its end. */
	write(text: string, written?: () => void): void {
		const bytes = Buffer.byteLength(text);
		this.#lines.push({ text, bytes, written });
		this.#bytes += bytes;
		if (this.#isGathering) return;
		const now = this.#now();
		const isCrowd = now - this.#last < closeMs;
		this.#last = now;
		if (!isCrowd) {
			this.#flush();
			return;
		}
		this.#isGathering = true;
		setImmediate(() => {
			this.#isGathering = false;
			this.#flush();
		});
	}

	/** Ends the stream behind the last line. */
	end(): void {
		this.#isEnding = true;
		this.#flush();
	}

	#flush(): void {
		if (this.#isWriting) return;
		const lines = this.#next();
		if (lines.length === 0) {
			if (this.#isEnding) this.#stream.end();
			return;
		}
		const text = lines.map((line) => line.text).join("");
		this.#isWriting = true;
		this.#stream.write(text, (error) => {
			this.#isWriting = false;
			for (const { bytes } of lines) this.#bytes -= bytes;
			// A child that closes its stdin or ends makes writes fail; its exit tells the rest.
			if (error) return;
			for (const { written } of lines) written?.();
			this.#drained();
			if (!this.#isGathering) this.#flush();
		});
	}

	/** Takes as many lines as may be written together, or one that is longer. */
	#next(): Line[] {
		let count = 0;
		let bytes = 0;
		for (const line of this.#lines) {
			bytes += line.bytes;
			if (count > 0 && bytes > maxTogether) break;
			count++;
		}
		return this.#lines.splice(0, count);
	}
}
