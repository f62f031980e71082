import { requestTimeout } from "../protocol/bridge-errors.ts";
import type { ErrorObject } from "../protocol/messages.ts";
import type { TimeLimits } from "../protocol/time-limits.ts";
import type { AtChild, Call } from "./call.ts";
import type { Clock } from "./clock.ts";

/** What the time-outs of one multiplexer's calls depend on. */
export interface RequestTimeoutsOptions {
	/** Whose requests they are. */
	server: string;
	clock: Clock;
	timeLimits(): TimeLimits;
	/** The calls that the child has, but for subscriptions. */
	inFlight(): Iterable<Call>;
	/** Those that wait for their turn. */
	waiting(): Iterable<Call>;
	/** Since when there is a child that gives turns, in ms of the clock; undefined while there is none. */
	readySince(): number | undefined;
	/** A call has run out of time, and is to be answered with the error. */
	expired(call: Call, error: ErrorObject, limit: keyof TimeLimits): void;
}

interface Deadline {
	/** In ms of the clock. */
	at: number;
	limit: keyof TimeLimits;
}

/**
 * Ends requests that take too long (2026-07-28, basic/patterns/cancellation,
 * 'Timeouts'; 2025-11-25, basic/lifecycle). Time runs while a request waits for
 * its turn at a child, begins anew when it is sent, and again with each progress
 * notification; it stands still while the request's client is asked something.
 * A start of the child has a limit of its own, and subscriptions have none.
 *
 * One timer for all of them: it looks at the earliest deadline that there can
 * be, so that a request that is answered in time costs none.
 */
export class RequestTimeouts {
	readonly #options: RequestTimeoutsOptions;
	#stopTimer: (() => void) | undefined;

	constructor(options: RequestTimeoutsOptions) {
		this.#options = options;
	}

	/** A request has been sent, or waits for its turn. */
	watch(): void {
		if (this.#stopTimer) return;
		this.#lookIn(shortest(this.#options.timeLimits()));
	}

	/** No request is in flight, and none waits. */
	rest(): void {
		this.#stopTimer?.();
		this.#stopTimer = undefined;
	}

	#lookIn(delayMs: number): void {
		if (!Number.isFinite(delayMs)) return;
		this.#stopTimer = this.#options.clock.after(delayMs, () => {
			this.#stopTimer = undefined;
			this.#look();
		});
	}

	#look(): void {
		const now = this.#options.clock.now();
		const limits = this.#options.timeLimits();
		// Those in flight first: what ends gives its turn to one that waits.
		const next = Math.min(
			this.#lookAtSent(now, limits),
			this.#lookAtWaiting(now, limits),
		);
		// What got its turn just now has set the timer, and others may be due before.
		const sentNow = this.#stopTimer !== undefined;
		this.rest();
		const delay = Math.min(next - now, sentNow ? shortest(limits) : next);
		this.#lookIn(Math.max(1, delay));
	}

	/** Ends what is overdue, and gives the earliest deadline of the rest. */
	#lookAtSent(now: number, limits: TimeLimits): number {
		const overdue: { call: Call; limit: keyof TimeLimits }[] = [];
		let next = Number.POSITIVE_INFINITY;
		for (const call of this.#options.inFlight()) {
			const { state } = call;
			if (state.name !== "sent" && state.name !== "read") continue;
			const { at, limit } = deadlineOf(state, call, limits, now);
			if (at <= now) overdue.push({ call, limit });
			else next = Math.min(next, at);
		}
		for (const { call, limit } of overdue) {
			this.#expire(call, limits, limit, true);
		}
		return next;
	}

	/** The same for what waits for its turn. */
	#lookAtWaiting(now: number, limits: TimeLimits): number {
		const { waiting, readySince } = this.#options;
		const ready = readySince();
		let next = Number.POSITIVE_INFINITY;
		if (ready === undefined || limits.requestTimeoutMs === 0) return next;
		const overdue: Call[] = [];
		for (const call of waiting()) {
			const { state } = call;
			if (call.isSubscription || state.name !== "queued") continue;
			const at = Math.max(state.since, ready) + limits.requestTimeoutMs;
			if (at <= now) overdue.push(call);
			else next = Math.min(next, at);
		}
		for (const call of overdue) {
			this.#expire(call, limits, "requestTimeoutMs", false);
		}
		return next;
	}

	#expire(
		call: Call,
		limits: TimeLimits,
		limit: keyof TimeLimits,
		wasSent: boolean,
	): void {
		// What ended before it may have ended this one too.
		if (call.isSettled) return;
		const { server, expired } = this.#options;
		const { method } = call.request;
		const timeoutMs = limits[limit];
		const overdue = { server, method, limit, timeoutMs, wasSent };
		expired(call, requestTimeout(overdue), limit);
	}
}

function deadlineOf(
	{ sentAt, heardAt }: AtChild,
	{ openQuestions }: Call,
	{ requestTimeoutMs, maxRequestTimeoutMs }: TimeLimits,
	now: number,
): Deadline {
	// While its client is asked, both begin anew.
	const isAsking = openQuestions > 0;
	const silent = (isAsking ? now : heardAt) + orNever(requestTimeoutMs);
	const whole = (isAsking ? now : sentAt) + orNever(maxRequestTimeoutMs);
	return whole < silent
		? { at: whole, limit: "maxRequestTimeoutMs" }
		: { at: silent, limit: "requestTimeoutMs" };
}

/** The least time after which a request can be overdue. */
function shortest(limits: TimeLimits): number {
	const { requestTimeoutMs, maxRequestTimeoutMs } = limits;
	return Math.min(orNever(requestTimeoutMs), orNever(maxRequestTimeoutMs));
}

function orNever(ms: number): number {
	return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}
