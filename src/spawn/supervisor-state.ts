import type { Wire } from "../protocol/wire.ts";

/** Where one supervised child stands. Times are in ms since 1970. */
export type State =
	/** No child, and nobody needs one. */
	| { name: "idle" }
	/** Needed, and waits for its turn to start. */
	| { name: "queued"; since: number; giveUp: () => void }
	| { name: "starting"; since: number; wire: Wire }
	| { name: "ready"; since: number; wire: Wire; isProven: boolean }
	/** It is being ended; another starts after it where one is needed. */
	| { name: "stopping"; since: number; wire: Wire }
	/** Needed, and to be started again at `until`. */
	| { name: "waiting"; until: number; timer: NodeJS.Timeout }
	/** It failed too often: tried again not before `until`, on demand or, where it is kept up, by the timer. */
	| { name: "failed"; until: number; timer?: NodeJS.Timeout }
	/** For good. */
	| { name: "stopped" };

/** When a child is started that there is not now. */
export interface NextTry {
	/** By itself; else with the next request. */
	isByItself: boolean;
	/** Not before, in ms since 1970. */
	from: number;
}

/**
 * When the next child is started; undefined where one is there or on its way,
 * or none is to come.
 *
 * @param notBefore the end of the pause after the last failure, in ms since 1970
 */
export function nextTry(state: State, notBefore: number): NextTry | undefined {
	switch (state.name) {
		case "idle":
			return { isByItself: false, from: notBefore };
		case "waiting":
			return { isByItself: true, from: state.until };
		case "failed":
			return { isByItself: state.timer !== undefined, from: state.until };
		default:
			return undefined;
	}
}

/** The same in words, as a part of a sentence. */
export function describeNextTry(
	next: NextTry | undefined,
	now: number,
): string {
	if (!next) return "it is being started again";
	const seconds = Math.ceil((next.from - now) / 1000);
	const from = seconds > 0 ? `in ${seconds} s` : undefined;
	return next.isByItself
		? `tried again ${from ?? "at once"}`
		: `tried again with the next request${from ? `, ${from} at the earliest` : ""}`;
}
