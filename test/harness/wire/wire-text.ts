/** Of a longer text only its two ends are kept. */
const mostLength = 256 * 1024;
const endLength = 2048;

/** The text of one message, or its two ends. */
export interface WireText {
	text: string;
	/** True where the middle is missing, and a … stands for it. */
	cut: boolean;
}

/** Puts a text together of what arrives of it, in bounded memory. */
export class TextCollector {
	#parts: string[] = [];
	#length = 0;

	get empty(): boolean {
		return this.#length === 0;
	}

	add(part: string): void {
		if (part === "") return;
		this.#length += part.length;
		this.#parts.push(part);
		if (this.#length > mostLength) {
			const text = this.#parts.join("");
			this.#parts = [text.slice(0, endLength), text.slice(-endLength)];
		}
	}

	/** The whole of it; it is empty again after that. */
	take(): WireText {
		const cut = this.#length > mostLength;
		const text = this.#parts.join(cut ? "…" : "");
		this.#parts = [];
		this.#length = 0;
		return { text, cut };
	}
}

/** A text that is here already. */
export function wireText(text: string): WireText {
	const collector = new TextCollector();
	collector.add(text);
	return collector.take();
}
