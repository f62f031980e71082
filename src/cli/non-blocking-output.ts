import sonic from "sonic-boom";
import { makeNonBlocking } from "../runtime/make-non-blocking.ts";

/** Between tries to write what could not be written. */
const retryMs = 100;

/** Texts that wait to be written, at most, in bytes. */
const mostWaiting = 262_144;

/**
 * Writes texts to stdout or stderr at once, as far as that goes. Where it does not, because nobody reads or a disk is
 * full, it neither waits nor throws: texts wait until they can be written, and those that are too many are dropped.
 */
export class NonBlockingOutput {
	readonly #stream: InstanceType<typeof sonic.SonicBoom>;
	readonly #recovered: (dropped: number) => void;
	#dropped = 0;
	/** Of those dropped, how many have been told of. */
	#told = 0;
	/** Why nothing can be written, in the words of the system; undefined while that is not so. */
	#stuck: string | undefined;

	/** @param recovered called when texts can be written again after so many more have been dropped */
	constructor(fd: 1 | 2, recovered: (dropped: number) => void = () => {}) {
		makeNonBlocking(fd);
		this.#recovered = recovered;
		this.#stream = new sonic.SonicBoom({
			fd,
			// What it writes by itself in a thread is lost when the program ends, and holds that up where it blocks.
			sync: true,
			maxLength: mostWaiting,
			// Else it sleeps until somebody reads.
			retryEAGAIN: () => false,
		});
		this.#stream.on("drop", () => this.#dropped++);
		this.#stream.on("error", ({ code = "unknown" }: NodeJS.ErrnoException) => {
			if (this.#stuck === undefined) this.#retryLater();
			this.#stuck = code;
		});
	}

	/** How many texts have been dropped. */
	get dropped(): number {
		return this.#dropped;
	}

	write(text: string): void {
		this.#stream.write(text);
	}

	/** Fulfilled when everything is written that somebody may still read, at the latest after the given time. */
	async flush(withinMs: number): Promise<void> {
		const until = performance.now() + withinMs;
		while (this.#stuck === "EAGAIN" && performance.now() < until) {
			await new Promise((resolve) => setTimeout(resolve, retryMs / 5));
			this.#retry();
		}
	}

	#retryLater(): void {
		setTimeout(() => this.#retry(), retryMs).unref();
	}

	#retry(): void {
		if (this.#stuck === undefined) return;
		this.#stuck = undefined;
		// It goes on with what it could not write before.
		this.#stream.write("");
		if (this.#stuck !== undefined || this.#dropped === this.#told) return;
		const count = this.#dropped - this.#told;
		this.#told = this.#dropped;
		this.#recovered(count);
	}
}
