import { cancellation, requestTimeout } from "./given-errors.ts";
import type { Asked, Ledger } from "./ledger.ts";
import type { ErrorObject, Id, Notification } from "./messages.ts";
import { isSubscription } from "./modern-methods.ts";
import type { TimeLimits } from "./multiplexer-options.ts";
import type { Link } from "./recipients.ts";
import type { WaitingLine, WaitingRequest } from "./waiting-line.ts";

/** What the time-outs of one child's requests depend on. */
export interface RequestTimeoutsOptions {
	/** Whose requests they are. */
	server: string;
	timeLimits(): TimeLimits;
	/** One of these was reached. */
	limitReached(limit: keyof TimeLimits): void;
	ledger: Ledger<Link>;
	waiting: WaitingLine<Link>;
	/** Since when there is a child that gives turns, in ms of `performance.now()`; undefined while there is none. */
	readySince(): number | undefined;
	/** Tells the child that nobody waits for a request of it any more. */
	write(cancelled: Notification): void;
	/** A request has run out of time: it is neither in flight nor in line now, and is to be answered with the error. */
	expired(request: WaitingRequest<Link>, error: ErrorObject): void;
	/** Turns may have become free. */
	pump(): void;
}

interface Deadline {
	/** In ms of `performance.now()`. */
	at: number;
	limit: keyof TimeLimits;
}

/**
 * Ends requests that take too long (2026-07-28, basic/patterns/cancellation,
 * 'Timeouts'; 2025-11-25, basic/lifecycle). The clock runs while a request waits
 * for its turn at a child, begins anew when it is sent, and again with each
 * progress notification; it stands still while the request's client is asked
 * something. A start of the child has a limit of its own, and subscriptions
 * have none.
 *
 * One timer for all of them: it looks at the earliest deadline that there can
 * be, so that a request that is answered in time costs none.
 */
export class RequestTimeouts {
	readonly #options: RequestTimeoutsOptions;
	#timer: NodeJS.Timeout | undefined;

	constructor(options: RequestTimeoutsOptions) {
		this.#options = options;
	}

	/** A request has been sent, or waits for its turn. */
	watch(): void {
		if (this.#timer !== undefined) return;
		this.#lookIn(shortest(this.#options.timeLimits()));
	}

	/** No request is in flight, and none waits. */
	rest(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	#lookIn(delayMs: number): void {
		if (!Number.isFinite(delayMs)) return;
		this.#timer = setTimeout(() => {
			this.#timer = undefined;
			this.#look();
		}, delayMs);
	}

	#look(): void {
		const now = performance.now();
		const limits = this.#options.timeLimits();
		// Those in flight first: what ends gives its turn to one that waits.
		const next = Math.min(
			this.#lookAtSent(now, limits),
			this.#lookAtWaiting(now, limits),
		);
		// What got its turn just now has set the timer, and others may be due before.
		const sentNow = this.#timer !== undefined;
		this.rest();
		const delay = Math.min(next - now, sentNow ? shortest(limits) : next);
		this.#lookIn(Math.max(1, delay));
	}

	/** Ends what is overdue, and gives the earliest deadline of the rest. */
	#lookAtSent(now: number, limits: TimeLimits): number {
		const { ledger, pump } = this.#options;
		const overdue: { id: Id; limit: keyof TimeLimits }[] = [];
		let next = Number.POSITIVE_INFINITY;
		for (const [id, asked] of ledger.entries()) {
			if (isSubscription(asked.request)) continue;
			const { at, limit } = deadlineOf(asked, limits, now);
			if (at <= now) overdue.push({ id, limit });
			else next = Math.min(next, at);
		}
		for (const { id, limit } of overdue) {
			const asked = ledger.giveUp(id);
			if (!asked) continue;
			const error = this.#error(asked, limits, limit, true);
			this.#options.write(cancellation(id, error.message));
			this.#options.expired(asked, error);
		}
		if (overdue.length > 0) pump();
		return next;
	}

	/** The same for what waits for its turn. */
	#lookAtWaiting(now: number, limits: TimeLimits): number {
		const { waiting, readySince, expired } = this.#options;
		const ready = readySince();
		let next = Number.POSITIVE_INFINITY;
		if (ready === undefined || limits.requestTimeoutMs === 0) return next;
		const overdue: WaitingRequest<Link>[] = [];
		for (const each of waiting.requests()) {
			if (isSubscription(each.request)) continue;
			const at = Math.max(each.since ?? 0, ready) + limits.requestTimeoutMs;
			if (at <= now) overdue.push(each);
			else next = Math.min(next, at);
		}
		for (const { owner, request } of overdue) {
			const taken = waiting.take(owner, request.id);
			if (!taken) continue;
			expired(taken, this.#error(taken, limits, "requestTimeoutMs", false));
		}
		return next;
	}

	#error(
		{ request }: WaitingRequest<Link>,
		limits: TimeLimits,
		limit: keyof TimeLimits,
		wasSent: boolean,
	): ErrorObject {
		const { server, limitReached } = this.#options;
		limitReached(limit);
		const { method } = request;
		const timeoutMs = limits[limit];
		return requestTimeout({ server, method, limit, timeoutMs, wasSent });
	}
}

function deadlineOf(
	{ sentAt, heardAt, openQuestions }: Asked<Link>,
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
