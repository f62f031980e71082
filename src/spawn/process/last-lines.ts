const maxLines = 20;

/** The last lines of an output, oldest first, bounded by count and by bytes. */
export class LastLines {
	readonly #maxBytes: number;
	readonly #lines: string[] = [];
	#bytes = 0;

	constructor(maxBytes: number) {
		this.#maxBytes = maxBytes;
	}

	/** The lines as they are now. */
	get lines(): string[] {
		return [...this.#lines];
	}

	/** Adds a line, in the place of older ones; false where the bytes were the reason to forget some of them. */
	push(line: string): boolean {
		const bytes = Buffer.from(line);
		const isWhole = bytes.length <= this.#maxBytes;
		// A character that is cut in two is left out.
		const kept = isWhole
			? line
			: new TextDecoder().decode(bytes.subarray(0, this.#maxBytes), {
					stream: true,
				});
		this.#lines.push(kept);
		this.#bytes += Buffer.byteLength(kept);
		if (this.#lines.length > maxLines) this.#forget();
		let fits = isWhole;
		while (this.#bytes > this.#maxBytes) {
			this.#forget();
			fits = false;
		}
		return fits;
	}

	#forget(): void {
		this.#bytes -= Buffer.byteLength(this.#lines.shift() ?? "");
	}
}
