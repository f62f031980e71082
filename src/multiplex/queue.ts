import { messageBytes } from "../protocol/message-bytes.ts";
import { type Id, isSameId, type Notification } from "../protocol/messages.ts";
import type { Call, Connection } from "./call.ts";

/** A notification of a client that waits for a child. */
export interface QueuedNotification {
	connection: Connection;
	notification: Notification;
}

/** How much may wait. */
export interface Bounds {
	/** Messages. */
	maxQueue: number;
	/** Bytes of them, as JSON. */
	maxQueueBytes: number;
}

interface Entry {
	waiting: Call | QueuedNotification;
	bytes: number;
}

/** What clients have said and a child has not got yet, in the order in which it came. */
export class Queue {
	#entries: Entry[] = [];
	#bytes = 0;

	get length(): number {
		return this.#entries.length;
	}

	/** Puts it at the end; where there is no room it is not taken, and the bound is given. */
	push(
		waiting: Call | QueuedNotification,
		{ maxQueue, maxQueueBytes }: Bounds,
	): keyof Bounds | undefined {
		if (this.#entries.length >= maxQueue) return "maxQueue";
		const bytes = sizeOf(waiting);
		if (this.#bytes + bytes > maxQueueBytes) return "maxQueueBytes";
		this.#entries.push({ waiting, bytes });
		this.#bytes += bytes;
		return undefined;
	}

	/** Puts calls before all others, in their own order and over the bounds: they have waited before. */
	putFirst(calls: readonly Call[]): void {
		const entries = calls.map((call) => ({
			waiting: call,
			bytes: sizeOf(call),
		}));
		for (const { bytes } of entries) this.#bytes += bytes;
		this.#entries.unshift(...entries);
	}

	/** Takes the first. */
	shift(): Call | QueuedNotification | undefined {
		const first = this.#entries.shift();
		if (first) this.#bytes -= first.bytes;
		return first?.waiting;
	}

	/** The calls in it. */
	*calls(): Generator<Call> {
		for (const { waiting } of this.#entries) {
			if (isCall(waiting)) yield waiting;
		}
	}

	/** Takes all. */
	takeAll(): (Call | QueuedNotification)[] {
		return this.#takeWhere(() => true);
	}

	/** Takes all that is of one client. */
	takeOf(connection: Connection): (Call | QueuedNotification)[] {
		return this.#takeWhere((waiting) => waiting.connection === connection);
	}

	/** Takes the notifications. */
	takeNotifications(): QueuedNotification[] {
		return this.#takeWhere((waiting) => !isCall(waiting)).flatMap((waiting) =>
			isCall(waiting) ? [] : [waiting],
		);
	}

	/** Takes one call, where it is here. */
	take(call: Call): boolean {
		return this.#takeWhere((waiting) => waiting === call).length > 0;
	}

	#takeWhere(
		isTaken: (waiting: Call | QueuedNotification) => boolean,
	): (Call | QueuedNotification)[] {
		const taken: (Call | QueuedNotification)[] = [];
		this.#entries = this.#entries.filter(({ waiting, bytes }) => {
			if (!isTaken(waiting)) return true;
			taken.push(waiting);
			this.#bytes -= bytes;
			return false;
		});
		return taken;
	}
}

/** Tells a call from a notification. */
export function isCall(waiting: Call | QueuedNotification): waiting is Call {
	return "request" in waiting;
}

/** The first of some calls that its client gave this id. */
export function callOf(calls: Iterable<Call>, id: Id): Call | undefined {
	for (const call of calls) {
		if (isSameId(call.request.id, id)) return call;
	}
	return undefined;
}

/** About as long as its line will be. */
function sizeOf(waiting: Call | QueuedNotification): number {
	return messageBytes(isCall(waiting) ? waiting.request : waiting.notification);
}
