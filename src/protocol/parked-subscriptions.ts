import { metaKey } from "./eras/meta.ts";
import type { Asked } from "./ledger.ts";
import {
	type Id,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "./messages.ts";
import { WaitingLine, type WaitingRequest } from "./waiting-line.ts";

/** As many as there were open ones, which have bounds of their own. */
const unbounded = {
	maxQueue: Number.POSITIVE_INFINITY,
	maxQueueBytes: Number.POSITIVE_INFINITY,
};

/**
 * Subscriptions of modern clients that outlive the child they were opened on:
 * they wait for the next one, without being a reason to start it.
 */
export class ParkedSubscriptions<Owner> {
	readonly #parked = new WaitingLine<Owner>();
	/** Those that their client knows to be open. */
	readonly #acknowledged = new WeakSet<Request>();

	/** Notes an acknowledgement; true where the client has seen one already, from an earlier child. */
	isKnown(request: Request, { method }: Notification): boolean {
		if (method !== "notifications/subscriptions/acknowledged") return false;
		const isKnown = this.#acknowledged.has(request);
		this.#acknowledged.add(request);
		return isKnown;
	}

	/** Whether its client knows it to be open. */
	isAcknowledged(request: Request): boolean {
		return this.#acknowledged.has(request);
	}

	/** Keeps a request whose child has gone, where it is an open subscription; false for any other. */
	park(asked: Asked<Owner>): boolean {
		if (!this.#acknowledged.has(asked.request)) return false;
		this.#parked.push(asked, unbounded);
		return true;
	}

	/** All that wait. */
	all(): WaitingRequest<Owner>[] {
		return this.#parked.all().filter((each) => "request" in each);
	}

	/** Takes all, for a child that is ready. */
	takeAll(): WaitingRequest<Owner>[] {
		return this.#parked.takeAll().filter((each) => "request" in each);
	}

	/** Takes one, which its client gives up. */
	take(owner: Owner, id: Id): WaitingRequest<Owner> | undefined {
		return this.#parked.take(owner, id);
	}

	/** Takes those of a client that has gone. */
	takeOf(owner: Owner): WaitingRequest<Owner>[] {
		return this.#parked.takeOf(owner).filter((each) => "request" in each);
	}
}

/** The answer to `subscriptions/listen`, which ends it (2026-07-28, basic/patterns/subscriptions, 'Graceful Closure'). */
export function subscriptionEnd({ id }: Request): Response {
	const _meta = { [metaKey.subscriptionId]: id };
	return resultOf(id, { resultType: "complete", _meta });
}
