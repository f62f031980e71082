import type { Exit } from "../protocol/wire.ts";
import type { ChildHistory, Circumstances, Step } from "./supervisor-state.ts";
import { after, type Timestamp } from "./timestamp.ts";

const firstMs = 250;
const longestMs = 30_000;

/** Consecutive failures after which a server counts as failed and is tried again on demand only. */
export const failuresToGiveUp = 10;

/**
 * How long to wait before a child is started again, in ms: not at all after the
 * first failure, then doubling from 250 ms to 30 s, with the upper half of each
 * step left to chance so that many servers do not start in step.
 *
 * @param failures consecutive failures so far, at least 1
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
	if (failures <= 1) return 0;
	const step = Math.min(firstMs * 2 ** (failures - 2), longestMs);
	return Math.round(step * (0.5 + random / 2));
}

/** Notes a failure; what needs a child says so again, after the backoff. */
export function fail<Child>(
	history: ChildHistory,
	lastExit: Exit,
	circumstances: Circumstances,
): Step<Child> {
	const failures = history.failures + 1;
	const pauseMs = backoffMs(failures, circumstances.random);
	return rest({ ...history, failures, lastExit }, pauseMs, circumstances);
}

/** There is no child, and none for the time of the pause. */
export function rest<Child>(
	history: ChildHistory,
	pauseMs: number,
	{ now, keepUp }: Circumstances,
): Step<Child> {
	const until = after(now, pauseMs);
	if (history.failures >= failuresToGiveUp) {
		return {
			state: { name: "failed", until, hasTimer: keepUp },
			history,
			commands: keepUp ? [{ type: "setTimer", until }] : [],
		};
	}
	if (keepUp) return wait(history, until);
	return {
		state: { name: "idle", notBefore: until },
		history,
		commands: [],
	};
}

/** A child is needed or kept up, and the timer starts it at that time. */
export function wait<Child>(
	history: ChildHistory,
	until: Timestamp,
): Step<Child> {
	return {
		state: { name: "waiting", until },
		history,
		commands: [{ type: "setTimer", until }],
	};
}
