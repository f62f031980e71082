import type { Id, Notification, Request } from "./messages.ts";
import type { Receive } from "./peer.ts";

/** A request that waits for a child. */
export interface WaitingRequest<Owner> {
	owner: Owner;
	request: Request;
	receive: Receive;
}

/** What waits for a child. */
export type Waiting<Owner> =
	| WaitingRequest<Owner>
	| { owner: Owner; notification: Notification };

/** What waits for a child, in the order in which it came. */
export class WaitingLine<Owner> {
	#waiting: Waiting<Owner>[] = [];

	get length(): number {
		return this.#waiting.length;
	}

	push(waiting: Waiting<Owner>): void {
		this.#waiting.push(waiting);
	}

	/** Takes the first. */
	shift(): Waiting<Owner> | undefined {
		return this.#waiting.shift();
	}

	/** Takes all. */
	takeAll(): Waiting<Owner>[] {
		return this.#waiting.splice(0);
	}

	/** Takes all that one owner has in it. */
	takeOf(owner: Owner): Waiting<Owner>[] {
		const taken = this.#waiting.filter((waiting) => waiting.owner === owner);
		this.#waiting = this.#waiting.filter((waiting) => waiting.owner !== owner);
		return taken;
	}

	/** Takes the request that has this id with its owner, where there is one. */
	take(owner: Owner, id: Id): WaitingRequest<Owner> | undefined {
		const waiting = this.#waiting.find(
			(each): each is WaitingRequest<Owner> =>
				each.owner === owner && "request" in each && each.request.id === id,
		);
		if (waiting) this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
		return waiting;
	}
}
