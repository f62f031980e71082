/** What tells the time, and wakes. */
export interface Clock {
	/** In ms, and only grows: what a user does to the clock on the wall does not matter. */
	now(): number;
	/** Calls back once after so many ms, unless the returned function is called before. */
	after(ms: number, work: () => void): () => void;
}

/** The process's own. */
export const processClock: Clock = {
	now: () => performance.now(),
	after(ms, work) {
		const timer = setTimeout(work, ms);
		return () => clearTimeout(timer);
	},
};
