import type { ServerConfig } from "../config/resolve-config.ts";
import type { ServerFailure } from "../protocol/server-health.ts";
import type { Backend, ChildStatus } from "./backend.ts";
import type { Counters } from "./counters.ts";
import type { FailureHistory } from "./failure-history.ts";
import type { NextTry } from "./next-try.ts";
import type { Pool } from "./pool.ts";
import type { Revisions } from "./revisions.ts";
import { isoTime, msBetween, type Timestamp, timestamp } from "./timestamp.ts";

/** What the status of a server is made of. */
export interface StatusParts {
	pool: Pool;
	config: ServerConfig;
	/** The child that most clients are on; undefined where each has its own. */
	main: Backend | undefined;
	failures: FailureHistory;
	startedAt: Timestamp;
	revisions: Revisions;
	counts: ReturnType<Counters["snapshot"]>;
	/** The process ids of children that were started ahead. */
	sparePids: readonly number[];
}

/** All that a status page has of a server and its children. */
export function statusOf({
	pool,
	config: { isolation, protocol },
	main,
	failures,
	startedAt,
	revisions,
	counts,
	sparePids,
}: StatusParts) {
	const isShared = isolation !== "session";
	const isDual = protocol === "dual";
	// Clients that cannot be told apart are one.
	const own = [...pool.of("own"), ...pool.of("client")].map(
		({ backend }) => backend,
	);
	const { plain, plainModern } = pool;
	return {
		...summaryOf(failures, main, isShared ? pool.shared : own, startedAt),
		isolation,
		protocol,
		era: isDual ? undefined : revisions.era,
		revision: isDual ? undefined : revisions.spoken,
		failure: failureOf(failures, main),
		...counts,
		children: childrenOf(pool, sparePids),
		shared: isShared ? plain.backend.status() : undefined,
		sharedByCapabilities: pool.sets.map(({ placement, backend }) => ({
			capabilities: placement.client.capabilities,
			...backend.status(),
		})),
		sharedModern: isDual && isShared ? plainModern.backend.status() : undefined,
		own: own.map((backend) => backend.status()),
	};
}

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
		firstFailureAt: isoTime(firstAt),
		lastFailureAt: isoTime(lastAt),
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
function summaryOf(
	history: FailureHistory,
	main: Backend | undefined,
	backends: readonly Backend[],
	startedAt: Timestamp,
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
		since: isoTime(isFailed ? current.firstAt : (first?.since ?? startedAt)),
		failures: current?.times ?? 0,
		cause: current?.cause,
		nextTry: current && nextTryOf(main).nextTry,
	};
}

/** The processes of a server, spares included. */
function childrenOf(
	pool: Pool,
	sparePids: readonly number[],
): (Partial<ChildStatus> & { pid: number; use: string })[] {
	const used = (["shared", "modern", "own", "client"] as const).flatMap((use) =>
		pool.of(use).flatMap(({ backend: { child } }) =>
			// To who reads it, clients that cannot be told apart are one.
			child ? [{ ...child, use: use === "client" ? "own" : use }] : [],
		),
	);
	return [...used, ...sparePids.map((pid) => ({ pid, use: "spare" }))];
}

/** What the children of a server have to do, all together. */
export function loadOf(backends: readonly Backend[]): {
	inFlight: number;
	waiting: number;
	/** The most that wait for one child. */
	longestQueue: number;
} {
	const loads = backends.map((backend) => backend.status());
	return {
		inFlight: loads.reduce((sum, { inFlight }) => sum + inFlight, 0),
		waiting: loads.reduce((sum, { waiting }) => sum + waiting, 0),
		longestQueue: Math.max(0, ...loads.map(({ waiting }) => waiting)),
	};
}

function nextTryOf(
	main: Backend | undefined,
): Pick<ServerFailure, "nextTry" | "notBefore"> {
	const next: NextTry | undefined = main
		? main.nextTry
		: { by: "request", notBefore: undefined };
	if (!next) return { nextTry: "now" };
	if (next.by === "timer") return { nextTry: isoTime(next.at) };
	const { notBefore } = next;
	const nextTry = "with the next request";
	return notBefore && msBetween(timestamp(), notBefore) > 0
		? { nextTry, notBefore: isoTime(notBefore) }
		: { nextTry };
}
