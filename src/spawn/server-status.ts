import type { ServerFailure } from "../protocol/server-health.ts";
import type { Backend, ChildStatus } from "./backend.ts";
import type { FailureHistory } from "./failure-history.ts";
import type { NextTry } from "./supervisor-state.ts";

/** The failures in force, where there are any. */
export function failureOf(
	history: FailureHistory,
	main: Backend | undefined,
): ServerFailure | undefined {
	const { current } = history;
	if (!current) return undefined;
	const { exit, cause, times, firstAt, lastAt } = current;
	const { code, reason, stderr, errorLines, stdout } = exit;
	return {
		code,
		reason,
		cause,
		failures: times,
		firstFailureAt: new Date(firstAt).toISOString(),
		lastFailureAt: new Date(lastAt).toISOString(),
		...nextTryOf(main),
		stderr,
		...(errorLines && { errorLines }),
		...(stdout && { stdout }),
	};
}

/**
 * What an operator asks of a server first.
 *
 * @param main the child that most clients are on; undefined where each has its own
 * @param backends all that count, the one that is ready or has failed first
 */
export function summaryOf(
	history: FailureHistory,
	main: Backend | undefined,
	backends: readonly Backend[],
	startedAt: number,
) {
	const ready = backends.find(({ isReady }) => isReady);
	const first = ready ?? main ?? backends[0];
	const state = first?.status().state ?? "idle";
	const { current } = history;
	// Asleep or waiting because of failures: what it does next is told by `nextTry`.
	const isFailed =
		current &&
		(current.wasStart || current.times > 1) &&
		["idle", "waiting", "failed"].includes(state);
	return {
		state: isFailed ? "failed" : state,
		since: new Date(
			isFailed ? current.firstAt : (first?.since ?? startedAt),
		).toISOString(),
		failures: current?.times ?? 0,
		cause: current?.cause,
		nextTry: current && nextTryOf(main).nextTry,
	};
}

/** The processes of a server, spares included. */
export function childrenOf(
	groups: Readonly<Record<string, readonly Backend[]>>,
	sparePids: readonly number[],
): (Partial<ChildStatus> & { pid: number; use: string })[] {
	const used = Object.entries(groups).flatMap(([use, backends]) =>
		backends.flatMap(({ child }) => (child ? [{ ...child, use }] : [])),
	);
	return [...used, ...sparePids.map((pid) => ({ pid, use: "spare" }))];
}

function nextTryOf(
	main: Backend | undefined,
): Pick<ServerFailure, "nextTry" | "notBefore"> {
	const next: NextTry | undefined = main
		? main.nextTry
		: { isByItself: false, from: 0 };
	if (!next) return { nextTry: "now" };
	const from = new Date(next.from).toISOString();
	if (next.isByItself) return { nextTry: from };
	const nextTry = "with the next request";
	return next.from > Date.now() ? { nextTry, notBefore: from } : { nextTry };
}
