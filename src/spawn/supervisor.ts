import type { Client } from "../protocol/handshake.ts";
import type { Members } from "../protocol/messages.ts";
import { nextRevision, toldWithRevisions } from "../protocol/next-revision.ts";
import { eraOf, legacyRevisions } from "../protocol/revisions.ts";
import type { Exit, Wire } from "../protocol/wire.ts";
import { backoffMs, failuresToGiveUp } from "./backoff.ts";
import { discoverChild } from "./discover-child.ts";
import { lastErrorLines } from "./error-lines.ts";
import { initializeChild } from "./initialize-child.ts";
import type { NotOpened, Opening } from "./open-child.ts";
import { probeChild } from "./probe-child.ts";
import type { State } from "./supervisor-state.ts";

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
	/** The protocol revision that the child is opened in. */
	revision(): string;
	/** Whether a child that does not take it may be opened in this one instead. */
	mayTry(revision: string): boolean;
	/** A child is opened in this revision, since the one before did not take another. */
	turn(revision: string, because: Exit): void;
	startTimeoutMs(): number;
	/** Start again after a death without being asked. */
	keepUp(): boolean;
	/** What clients have had of the child that is ready, or was last: whether it got a request of one, and whether it answered one. */
	usage(): { asked: boolean; served: boolean };
	/** A child is ready: its wire, the revision that it was opened in, and its raw result of `initialize` or `server/discover`. */
	up(wire: Wire, revision: string, result: Members): void;
	/** A child that was ready is gone. */
	down(exit: Exit): void;
	/** A child could not be started, or must not be now: then `wasTried` is false. */
	refused(exit: Exit, wasTried: boolean): void;
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
	/** The revisions that the children of this start were opened in. */
	#tried: string[] = [];
	/** The one that the next child of this start is opened in. */
	#next: string | undefined;
	/** Revisions that nothing names have been tried to no avail. */
	#hasGuessed = false;
	/** The last child that was ready died before it had served anybody. */
	#isDoubtful = false;
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

	/** The next start is not before, in ms since 1970. */
	get notBefore(): number {
		return this.#notBefore;
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
				} else this.#options.refused(this.#giveUp(state.until), false);
				return;
			case "stopped":
				this.#options.refused(stoppedExit, false);
		}
	}

	/** Ends the child; the next need starts another. */
	async end(): Promise<void> {
		const state = this.#state;
		this.#failures = 0;
		this.#notBefore = 0;
		this.#hasGuessed = false;
		this.#isDoubtful = false;
		this.#forgetTries();
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
		this.#options.refused(stoppedExit, false);
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
			this.#forgetTries();
			this.#state = { name: "idle" };
			this.#options.refused(wire, false);
			return;
		}
		this.#state = { name: "starting", since: Date.now(), wire };
		const revision = this.#next ?? this.#options.revision();
		this.#tried.push(revision);
		this.#open(wire, revision, (opening, isProven) => {
			leave();
			if (this.#state.name !== "starting" || this.#state.wire !== wire) return;
			if ("result" in opening) {
				this.#forgetTries();
				this.#hasGuessed = false;
				this.#state = { name: "ready", since: Date.now(), wire, isProven };
				void wire.closed.then((exit) => this.#died(wire, exit));
				this.#options.up(wire, revision, opening.result);
				return;
			}
			const closing = wire.close();
			this.#closing.add(closing);
			void closing.finally(() => this.#closing.delete(closing));
			this.#notOpened(revision, opening);
		});
	}

	/** Opens a child, and has it show that it lives where the one before did not for long. */
	#open(
		wire: Wire,
		revision: string,
		settle: (opening: Opening, isProven: boolean) => void,
	): void {
		const { client, startTimeoutMs } = this.#options;
		const era = eraOf(revision);
		const open = era === "modern" ? discoverChild : initializeChild;
		open(wire, client, revision, startTimeoutMs(), (opening) => {
			if (!("result" in opening) || !this.#isDoubtful) settle(opening, false);
			else {
				probeChild(wire, era, client, (outcome) => {
					if ("failure" in outcome) {
						settle({ ...outcome, hasAnswered: true }, false);
					} else settle(opening, outcome.isAlive);
				});
			}
		});
	}

	/** A child that has refused a handshake gets no second chance: another revision is for a process of its own. */
	#notOpened(revision: string, opening: NotOpened): void {
		const { mayTry, turn } = this.#options;
		const next =
			opening.hasAnswered || eraOf(revision) === "modern"
				? undefined
				: nextRevision({
						...opening,
						tried: this.#tried,
						mayGuess: !this.#hasGuessed && mayTry(legacyRevisions[0]),
					});
		if (next !== undefined && mayTry(next)) {
			this.#next = next;
			turn(next, opening.failure);
			this.#start();
			return;
		}
		const failure = toldWithRevisions(opening, this.#tried, next);
		if (this.#tried.length > 1) this.#hasGuessed = true;
		this.#forgetTries();
		this.#fail(failure);
		// One that was killed says nothing of the next one, for which what waits may go on waiting.
		const wasKilled = failure.signal !== undefined;
		if (wasKilled && this.#failures < failuresToRefuse) this.need();
		else this.#options.refused(failure, true);
	}

	#forgetTries(): void {
		this.#tried = [];
		this.#next = undefined;
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

	#died(wire: Wire, ended: Exit): void {
		if (this.#state.name !== "ready" || this.#state.wire !== wire) return;
		const { since, isProven } = this.#state;
		const { errorLines: _ofItsStart, ...rest } = ended;
		const errorLines = lastErrorLines(rest.stderr);
		const exit = errorLines.length > 0 ? { ...rest, errorLines } : rest;
		const { asked, served } = this.#options.usage();
		const isStable = Date.now() - since >= stableMs;
		// What kills a child that has shown that it lives is what it was asked: nobody else has to wait for that.
		const isGoodStart = served || (isProven && asked);
		if (isStable || isGoodStart) this.#failures = 0;
		this.#isDoubtful = !isStable && !served;
		if (isGoodStart) this.#rest(exit, 0);
		else this.#fail(exit);
		this.#options.down(exit);
	}

	/** Notes a failure; what needs a child says so again, after the backoff. */
	#fail(exit: Exit): void {
		this.#failures++;
		const pause = backoffMs(this.#failures, Math.random());
		this.#rest(exit, pause);
	}

	/** There is no child, and none for the time of the pause, in ms. */
	#rest(exit: Exit, pause: number): void {
		this.#lastExit = exit;
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
