import { Progress } from "../src/cli/progress.ts";

/** How often the time that has passed is shown anew, in ms. */
const refreshMs = 1000;

/** Which step of how many a program is at, and for how long it has been at work, on stderr; see {@link Progress}. */
export class Steps {
	readonly #progress = new Progress();
	readonly #total: number;
	readonly #startedAt = performance.now();
	readonly #refresh: NodeJS.Timeout | undefined;
	#done = 0;
	#text = "";

	constructor(total: number) {
		this.#total = total;
		// Elsewhere each would be a line of its own.
		if (process.stderr.isTTY) {
			this.#refresh = setInterval(() => this.#show(), refreshMs).unref();
		}
	}

	/** The next step begins. */
	next(text: string): void {
		this.at(this.#done + 1, text);
	}

	/** So many have been done, or are begun. */
	at(step: number, text: string): void {
		this.#done = step;
		this.#text = text;
		this.#show();
	}

	stop(): void {
		clearInterval(this.#refresh);
		this.#progress.stop();
	}

	#show(): void {
		if (this.#done === 0) return;
		const elapsed = elapsedText(performance.now() - this.#startedAt);
		this.#progress.show(
			`${this.#done} of ${this.#total}, ${elapsed}: ${this.#text}`,
		);
	}
}

/** Minutes and seconds. */
function elapsedText(ms: number): string {
	const seconds = Math.floor(ms / 1000);
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
