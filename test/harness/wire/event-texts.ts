import { TextCollector, type WireText } from "./wire-text.ts";

/** An event of an SSE stream that has data. */
export interface EventText extends WireText {
	event: string;
}

/** Cuts the texts of its events out of an SSE stream as it arrives, in bounded memory. */
export class EventTexts {
	readonly #receive: (event: EventText) => void;
	readonly #line = new TextCollector();
	#data: WireText[] = [];
	#event = "message";

	constructor(receive: (event: EventText) => void) {
		this.#receive = receive;
	}

	add(chunk: string): void {
		let start = 0;
		for (;;) {
			const end = chunk.indexOf("\n", start);
			if (end === -1) break;
			this.#line.add(chunk.slice(start, end));
			this.#endLine();
			start = end + 1;
		}
		this.#line.add(chunk.slice(start));
	}

	#endLine(): void {
		const { text, cut } = this.#line.take();
		const line = text.endsWith("\r") ? text.slice(0, -1) : text;
		if (line === "") this.#endEvent();
		else if (line.startsWith("data:"))
			this.#data.push({ text: line.slice(5).replace(/^ /, ""), cut });
		else if (line.startsWith("event:")) this.#event = line.slice(6).trim();
	}

	#endEvent(): void {
		const text = this.#data.map((line) => line.text).join("\n");
		const cut = this.#data.some((line) => line.cut);
		// An event without data is the priming event of 2025-11-25, or a keep-alive.
		if (text !== "") this.#receive({ text, cut, event: this.#event });
		this.#data = [];
		this.#event = "message";
	}
}
