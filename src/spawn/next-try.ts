import type { State } from "./supervisor-state.ts";
import { msBetween, type Timestamp } from "./timestamp.ts";

/** When a child is started that there is not now. */
export type NextTry =
	/** By itself, at this time. */
	| { by: "timer"; at: Timestamp }
	/** With the next request, but not before this time where one is given. */
	| { by: "request"; notBefore: Timestamp | undefined };

/** Undefined where a child is there or on its way, or none is to come. */
export function nextTry(state: State<unknown>): NextTry | undefined {
	switch (state.name) {
		case "idle":
			return { by: "request", notBefore: state.notBefore };
		case "waiting":
			return { by: "timer", at: state.until };
		case "failed":
			return state.hasTimer
				? { by: "timer", at: state.until }
				: { by: "request", notBefore: state.until };
		default:
			return undefined;
	}
}

/** The same in words, as a part of a sentence. */
export function describeNextTry(
	next: NextTry | undefined,
	now: Timestamp,
): string {
	if (!next) return "it is being started again";
	const from = next.by === "timer" ? next.at : next.notBefore;
	const seconds = from ? Math.ceil(msBetween(now, from) / 1000) : 0;
	const wait = seconds > 0 ? `in ${seconds} s` : undefined;
	return next.by === "timer"
		? `tried again ${wait ?? "at once"}`
		: `tried again with the next request${wait ? `, ${wait} at the earliest` : ""}`;
}
