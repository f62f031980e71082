import type { Client } from "../protocol/handshake.ts";
import type { Members } from "../protocol/messages.ts";
import type { Era } from "../protocol/revisions.ts";
import type { Exit, Wire } from "../protocol/wire.ts";
import { backoffMs, failuresToGiveUp } from "./backoff.ts";
import { discoverChild } from "./discover-child.ts";
import { initializeChild } from "./initialize-child.ts";

/** Where one supervised child stands. Times are in ms since 1970. */
export type State =
	/** No child, and nobody needs one. */
	| { name: "idle" }
	/** Needed, and waits for its turn to start. */
	| { name: "queued"; since: number; giveUp: () => void }
	| { name: "starting"; since: number; wire: Wire }
	| { name: "ready"; since: number; wire: Wire }
	/** It is being ended; another starts after it where one is needed. */
	| { name: "stopping"; since: number; wire: Wire }
	/** Needed, and to be started again at `until`. */
	| { name: "waiting"; until: number; timer: NodeJS.Timeout }
	/** It failed too often: tried again not before `until`, on demand or, where it is kept up, by the timer. */
	| { name: "failed"; until: number; timer?: NodeJS.Timeout }
	/** For good. */
	| { name: "stopped" };

/** What a supervisor works with. */
export interface SupervisorOptions {
	/** As whom the child is opened. */
	client: Client;
	/**
	 * Waits for the turn to start a child.
	 *
	 * @param begin calls `leave` when the child is ready or gone
	 * @returns gives the turn up
	 */
	enter(begin: (leave: () => void) => void): () => void;
	/** A fresh process, or a spare one that was started ahead; why there must not be one more, or a promise that settles when there may be. */
	takeWire(): Wire | Exit | Promise<void>;
	/** What the child speaks; undefined where that is to be found out, and it is taken for legacy until it says otherwise. */
	era(): Era | undefined;
	/** It has said so: from now on `era` is modern. */
	turnModern(): void;
	startTimeoutMs(): number;
	/** Start again after a death without being asked. */
	keepUp(): boolean;
	/** A child is ready: its wire, what it speaks, and its raw result of `initialize` or `server/discover`. */
	up(wire: Wire, era: Era, result: Members): void;
	/** A child that was ready is gone. */
	down(exit: Exit): void;
	/** A child could not be started, or must not be now. */
	refused(exit: Exit): void;
}

/** Children that may be killed while they start, one after the other, before those that wait are told. */
const failuresToRefuse = 3;

/** A child that lived this long did not die of its start. */
const stableMs = 10_000;

/**
 * Keeps one child: started when it is needed, started again with backoff when
 * it dies, ended when nobody needs it. Knows nothing of what is said with it.
 */
export class Supervisor {
	readonly #options: SupervisorOptions;
	#state: State = { name: "idle" };
	#failures = 0;
	#notBefore = 0;
	#lastExit: Exit | undefined;
	#wanted = false;
	#stopping: Promise<void> | undefined;
	/** Children that never became ready, on their way out. */
	readonly #closing = new Set<Promise<void>>();

	constructor(options: SupervisorOptions) {
		this.#options = options;
	}

	get state(): State {
		return this.#state;
	}

	/** How the last child ended, unless the bridge ended it. */
	get lastExit(): Exit | undefined {
		return this.#lastExit;
	}

	/** How many children in a row failed: none where the present one is ready. */
	get failures(): number {
		return this.#state.name === "ready" ? 0 : this.#failures;
	}

	/** Somebody needs the child. It comes by `up`, or `refused` says why not. */
	need(): void {
		const state = this.#state;
		switch (state.name) {
			case "idle":
				if (Date.now() >= this.#notBefore) this.#start();
				else this.#wait();
				return;
			case "stopping":
				this.#wanted = true;
				return;
			case "failed":
				if (Date.now() >= state.until) {
					clearTimeout(state.timer);
					this.#start();
				} else this.#options.refused(this.#giveUp(state.until));
				return;
			case "stopped":
				this.#options.refused(stoppedExit);
		}
	}

	/** Ends the child; the next need starts another. */
	async end(): Promise<void> {
		const state = this.#state;
		this.#failures = 0;
		this.#notBefore = 0;
		if (state.name === "queued") {
			state.giveUp();
			this.#state = { name: "idle" };
			this.need();
		} else if (state.name === "starting" || state.name === "ready") {
			this.#state = { ...state, name: "stopping", since: Date.now() };
			this.#options.down(stoppedExit);
			await state.wire.close();
			this.#ended();
		} else if (state.name === "waiting" || state.name === "failed") {
			clearTimeout(state.timer);
			this.#state = { name: "idle" };
			// Who waited for the next attempt still does.
			if (state.name === "waiting" || this.#options.keepUp()) this.need();
		}
	}

	/** Ends the child for good. Settles when it is gone. */
	stop(): Promise<void> {
		this.#stopping ??= this.#stop();
		return this.#stopping;
	}

	async #stop(): Promise<void> {
		const state = this.#state;
		if ("timer" in state) clearTimeout(state.timer);
		if (state.name === "queued") state.giveUp();
		this.#state = { name: "stopped" };
		if ("wire" in state) {
			if (state.name === "ready") this.#options.down(stoppedExit);
			await state.wire.close();
		}
		this.#options.refused(stoppedExit);
		await Promise.all(this.#closing);
	}

	#start(): void {
		this.#wanted = false;
		let begun = false;
		const giveUp = this.#options.enter((leave) => {
			begun = true;
			this.#begin(leave);
		});
		if (!begun) this.#state = { name: "queued", since: Date.now(), giveUp };
	}

	/** @param leave gives the turn to the next one that is to start */
	#begin(leave: () => void): void {
		const wire = this.#options.takeWire();
		if (wire instanceof Promise) {
			leave();
			this.#startAfter(wire);
			return;
		}
		if ("reason" in wire) {
			leave();
			this.#state = { name: "idle" };
			this.#options.refused(wire);
			return;
		}
		this.#state = { name: "starting", since: Date.now(), wire };
		const era = this.#options.era();
		const open = era === "modern" ? discoverChild : initializeChild;
		const { client } = this.#options;
		open(wire, client, this.#options.startTimeoutMs(), (opening) => {
			leave();
			if (this.#state.name !== "starting" || this.#state.wire !== wire) return;
			if (!("failure" in opening)) {
				this.#state = { name: "ready", since: Date.now(), wire };
				void wire.closed.then((exit) => this.#died(wire, exit));
				this.#options.up(wire, opening.era, opening.result);
				return;
			}
			const { failure } = opening;
			const closing = wire.close();
			this.#closing.add(closing);
			void closing.finally(() => this.#closing.delete(closing));
			if (failure.code === "REVISION_NOT_SERVED" && era === undefined) {
				// A child that has refused a handshake gets no second chance: its revision is for a process of its own.
				this.#options.turnModern();
				this.#start();
				return;
			}
			this.#fail(failure);
			// One that was killed says nothing of the next one, for which what waits may go on waiting.
			const wasKilled = failure.signal !== undefined;
			if (wasKilled && this.#failures < failuresToRefuse) this.need();
			else this.#options.refused(failure);
		});
	}

	#startAfter(room: Promise<void>): void {
		let isGivenUp = false;
		const giveUp = () => {
			isGivenUp = true;
		};
		this.#state = { name: "queued", since: Date.now(), giveUp };
		void room.then(() => {
			if (!isGivenUp) this.#start();
		});
	}

	#died(wire: Wire, exit: Exit): void {
		if (this.#state.name !== "ready" || this.#state.wire !== wire) return;
		if (Date.now() - this.#state.since >= stableMs) this.#failures = 0;
		this.#fail(exit);
		this.#options.down(exit);
	}

	/** Notes a failure; what needs a child says so again, after the backoff. */
	#fail(exit: Exit): void {
		this.#failures++;
		this.#lastExit = exit;
		const pause = backoffMs(this.#failures, Math.random());
		const until = Date.now() + pause;
		this.#notBefore = until;
		if (this.#failures >= failuresToGiveUp) {
			this.#state = { name: "failed", until };
			if (this.#options.keepUp()) {
				this.#state.timer = setTimeout(() => this.#start(), pause);
			}
		} else if (this.#options.keepUp()) this.#wait();
		else this.#state = { name: "idle" };
	}

	#wait(): void {
		const until = this.#notBefore;
		const timer = setTimeout(() => this.#start(), until - Date.now());
		this.#state = { name: "waiting", until, timer };
	}

	#ended(): void {
		if (this.#state.name !== "stopping") return;
		this.#state = { name: "idle" };
		if (this.#wanted || this.#options.keepUp()) this.need();
	}

	#giveUp(until: number): Exit {
		const seconds = Math.ceil((until - Date.now()) / 1000);
		const last = this.#lastExit;
		return {
			...(last ?? stoppedExit),
			reason: `failed ${this.#failures} times in a row and is tried again in ${seconds} s at the earliest; the last time it ${last?.reason}`,
		};
	}
}

const stoppedExit: Exit = {
	code: "CHILD_STOPPED",
	reason: "was stopped by the bridge",
	stderr: [],
};
