import type { Exit, Wire } from "../protocol/wire.ts";

/** What came of asking for a process. */
export type LaunchOutcome =
	/** A fresh process, or a spare one that was started ahead; `leave` lets the next one start, once this one is ready or gone. */
	| { type: "launched"; wire: Wire; leave(): void }
	/** There must not be one more. */
	| { type: "denied"; exit: Exit };

/**
 * Asks for a process.
 *
 * @param settle called once, maybe at once, unless it was cancelled before
 * @returns cancels what has not been settled
 */
export type Launch = (settle: (outcome: LaunchOutcome) => void) => () => void;
