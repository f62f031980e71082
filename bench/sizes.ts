/** How much is run. Every loop ends at its count or its time, whichever comes first. */
export interface Sizes {
	readonly rounds: number;
	readonly coldStarts: number;
	/** Calls before each measured series, not measured. */
	readonly warmup: number;
	readonly sequentialCalls: number;
	readonly parallelCalls: number;
	readonly largeCalls: number;
	readonly sessions: number;
	/** Sessions of each half of the churn. */
	readonly churn: number;
	readonly idleSessions: number;
	/** Pause before memory is read, in ms. */
	readonly settleMs: number;
	/** Of one series against one target, in ms. */
	readonly seriesMs: number;
}

export const full: Sizes = {
	rounds: 5,
	coldStarts: 5,
	warmup: 200,
	sequentialCalls: 1_000,
	parallelCalls: 8_000,
	largeCalls: 20,
	sessions: 50,
	churn: 1_000,
	idleSessions: 500,
	settleMs: 2_000,
	seriesMs: 15_000,
};

export const quick: Sizes = {
	rounds: 3,
	coldStarts: 2,
	warmup: 50,
	sequentialCalls: 200,
	parallelCalls: 1_000,
	largeCalls: 5,
	sessions: 10,
	churn: 100,
	idleSessions: 100,
	settleMs: 500,
	seriesMs: 5_000,
};
