import type { Observer } from "../routes/observer.ts";

/** Traces that are on. */
export interface Traces {
	readonly observer: Observer;
	/** Sends what has ended; never rejects, and takes no longer than `graceMs`. */
	close(graceMs: number): Promise<void>;
}
