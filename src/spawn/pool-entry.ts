import type { Backend } from "./backend.ts";
import type { ExclusiveUse } from "./exclusive-use.ts";
import type { Placement } from "./isolation.ts";

/** One child of a pool, with the clients that are on it. */
export class PoolEntry {
	readonly placement: Placement;
	readonly backend: Backend;
	/** Where calls have the child to themselves, one at a time. */
	exclusive: ExclusiveUse | undefined;
	/** A call has it. */
	isLeased = false;
	/** Its child is being ended for good. */
	isLeaving = false;
	/** Since when nobody is on it, in ms by a clock that only grows. */
	idleSince = performance.now();
	#users = 0;
	#timer: NodeJS.Timeout | undefined;

	constructor(placement: Placement, backend: Backend) {
		this.placement = placement;
		this.backend = backend;
	}

	/** Whether sessions or requests are on it. */
	get isUsed(): boolean {
		return this.#users > 0 || this.isLeased;
	}

	/** One more session or request is on it, until the returned function is called. */
	use(): () => void {
		this.stay();
		this.#users++;
		let isUsing = true;
		return () => {
			if (isUsing) this.#users--;
			isUsing = false;
		};
	}

	/** It is not given up for being idle. */
	stay(): void {
		clearTimeout(this.#timer);
	}

	/** Calls back when nobody has been on it for so many ms. */
	whenIdle(ms: number, giveUp: () => void): void {
		this.stay();
		if (this.isUsed) return;
		this.idleSince = performance.now();
		if (ms === 0) giveUp();
		else if (Number.isFinite(ms)) this.#timer = setTimeout(giveUp, ms);
	}
}
