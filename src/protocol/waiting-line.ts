import {
	type Id,
	isSameId,
	type Notification,
	type Request,
} from "./messages.ts";
import type { Receive } from "./peer.ts";

/** A request that waits for a child. */
export interface WaitingRequest<Owner> {
	owner: Owner;
	request: Request;
	receive: Receive;
	/** The progress that its client has been told of, where another child had begun with it. */
	progress?: number | undefined;
	/** Since when it is in line, in ms of `performance.now()`; left out where it was sent to another child before. */
	since?: number;
}

/** A notification that waits for a child. */
export interface WaitingNotification<Owner> {
	owner: Owner;
	notification: Notification;
}

/** What waits for a child. */
export type Waiting<Owner> = WaitingRequest<Owner> | WaitingNotification<Owner>;

/** How much may wait. */
export interface Bounds {
	/** Messages. */
	maxQueue: number;
	/** Bytes of them. */
	maxQueueBytes: number;
}

/** What waits for a child, in the order in which it came. */
export class WaitingLine<Owner> {
	#waiting: { waiting: Waiting<Owner>; bytes: number }[] = [];
	#bytes = 0;

	get length(): number {
		return this.#waiting.length;
	}

	/** All, which stay in it. */
	all(): Waiting<Owner>[] {
		return this.#waiting.map(({ waiting }) => waiting);
	}

	/** Puts it at the end; where there is no room it is not taken, and the bound is given. */
	push(
		waiting: Waiting<Owner>,
		{ maxQueue, maxQueueBytes }: Bounds,
	): keyof Bounds | undefined {
		if (this.#waiting.length >= maxQueue) return "maxQueue";
		const bytes = sizeOf(waiting);
		if (this.#bytes + bytes > maxQueueBytes) return "maxQueueBytes";
		this.#waiting.push({ waiting, bytes });
		this.#bytes += bytes;
		return undefined;
	}

	/** Puts them before all others, in their own order: they have waited before. */
	putFirst(waiting: readonly Waiting<Owner>[]): void {
		const entries = waiting.map((each) => ({
			waiting: each,
			bytes: sizeOf(each),
		}));
		for (const { bytes } of entries) this.#bytes += bytes;
		this.#waiting.unshift(...entries);
	}

	/** Takes the first. */
	shift(): Waiting<Owner> | undefined {
		const first = this.#waiting.shift();
		if (first) this.#bytes -= first.bytes;
		return first?.waiting;
	}

	/** Takes all. */
	takeAll(): Waiting<Owner>[] {
		return this.#takeWhere(() => true);
	}

	/** Takes all that one owner has in it. */
	takeOf(owner: Owner): Waiting<Owner>[] {
		return this.#takeWhere((waiting) => waiting.owner === owner);
	}

	/** The requests in it. */
	*requests(): Generator<WaitingRequest<Owner>> {
		for (const { waiting } of this.#waiting) {
			if ("request" in waiting) yield waiting;
		}
	}

	/** Takes the notifications. */
	takeNotifications(): WaitingNotification<Owner>[] {
		return this.#takeWhere((waiting) => "notification" in waiting).filter(
			(waiting) => "notification" in waiting,
		);
	}

	/** Takes the request that has this id with its owner, where there is one. */
	take(owner: Owner, id: Id): WaitingRequest<Owner> | undefined {
		let found: WaitingRequest<Owner> | undefined;
		this.#takeWhere((waiting) => {
			if (found || waiting.owner !== owner || !("request" in waiting)) {
				return false;
			}
			if (!isSameId(waiting.request.id, id)) return false;
			found = waiting;
			return true;
		});
		return found;
	}

	#takeWhere(isTaken: (waiting: Waiting<Owner>) => boolean): Waiting<Owner>[] {
		const taken: Waiting<Owner>[] = [];
		this.#waiting = this.#waiting.filter(({ waiting, bytes }) => {
			if (!isTaken(waiting)) return true;
			taken.push(waiting);
			this.#bytes -= bytes;
			return false;
		});
		return taken;
	}
}

/** About as long as its line will be. */
function sizeOf<Owner>(waiting: Waiting<Owner>): number {
	const message = "request" in waiting ? waiting.request : waiting.notification;
	try {
		return Buffer.byteLength(JSON.stringify(message));
	} catch {
		// Nested too deep to be written: it is refused when its turn comes.
		return 0;
	}
}
