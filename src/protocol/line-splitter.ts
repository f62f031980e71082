const lineFeed = 0x0a;
const edgeBytes = 4096;

/** A line over the limit: its size without the line feed, and its first and last 4 kB. */
export interface OversizeLine {
	bytes: number;
	head: string;
	tail: string;
}

/**
 * Splits a byte stream into lines at 0x0A and at nothing else: U+2028 is legal
 * inside a JSON string, and a UTF-8 sequence may be cut anywhere between two
 * chunks. A carriage return before the line feed stays: to JSON it is white
 * space. Parts are kept in a list, so a line of many chunks costs one copy.
 */
export class LineSplitter {
	readonly #maxLineBytes: number;
	readonly #onLine: (line: string) => void;
	readonly #onOversize: (line: OversizeLine) => void;
	#parts: Uint8Array[] = [];
	#bytes = 0;
	#head: string | undefined;

	/**
	 * @param maxLineBytes a longer line is skipped and reported instead
	 */
	constructor(
		maxLineBytes: number,
		onLine: (line: string) => void,
		onOversize: (line: OversizeLine) => void,
	) {
		this.#maxLineBytes = maxLineBytes;
		this.#onLine = onLine;
		this.#onOversize = onOversize;
	}

	/** Takes the next bytes of the stream. */
	push(chunk: Uint8Array): void {
		let start = 0;
		let end = chunk.indexOf(lineFeed);
		while (end !== -1) {
			this.#take(chunk.subarray(start, end));
			this.#finish();
			start = end + 1;
			end = chunk.indexOf(lineFeed, start);
		}
		if (start < chunk.length) this.#take(chunk.subarray(start));
	}

	/** The stream has ended: what stands without a line feed is a line too. */
	end(): void {
		if (this.#bytes > 0) this.#finish();
	}

	#take(part: Uint8Array): void {
		this.#bytes += part.length;
		this.#parts.push(part);
		if (this.#bytes <= this.#maxLineBytes) return;
		const kept = Buffer.concat(this.#parts);
		this.#head ??= kept.subarray(0, edgeBytes).toString();
		this.#parts = [kept.subarray(-edgeBytes)];
	}

	#finish(): void {
		const [first, ...rest] = this.#parts;
		const bytes = this.#bytes;
		const head = this.#head;
		this.#parts = [];
		this.#bytes = 0;
		this.#head = undefined;
		if (!first) return;
		const whole = rest.length === 0 ? first : Buffer.concat([first, ...rest]);
		const text = Buffer.from(
			whole.buffer,
			whole.byteOffset,
			whole.byteLength,
		).toString();
		if (head !== undefined) this.#onOversize({ bytes, head, tail: text });
		else if (text.length > 0) this.#onLine(text);
	}
}
