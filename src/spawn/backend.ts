import type { Logger } from "pino";
import { translators } from "../eras/translators.ts";
import type { ConnectionOptions } from "../multiplex/call.ts";
import { processClock } from "../multiplex/clock.ts";
import { Multiplexer } from "../multiplex/multiplexer.ts";
import { childError } from "../protocol/child-error.ts";
import type { Client } from "../protocol/client.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import { filterList, refuseFiltered } from "../protocol/filters.ts";
import type {
	ErrorObject,
	Members,
	Message,
	Request,
} from "../protocol/messages.ts";
import { changedKinds } from "../protocol/methods.ts";
import type { Peer } from "../protocol/peer.ts";
import { type Era, eraOf } from "../protocol/revisions.ts";
import type { Exit, Wire, WireEvents } from "../protocol/wire.ts";
import type { BackendContext, BackendRole } from "./backend-context.ts";
import { reportFailure, withHints } from "./failure-report.ts";
import { IdleStop } from "./idle-stop.ts";
import { completeInitialize } from "./initialize-child.ts";
import { type NextTry, nextTry } from "./next-try.ts";
import { oddOutput } from "./process/odd-output.ts";
import { Supervisor } from "./supervisor.ts";
import type { Report } from "./supervisor-state.ts";
import { isoTime, msBetween, type Timestamp, timestamp } from "./timestamp.ts";
import { WhenQuiet } from "./when-quiet.ts";

/** One process, as status pages have it. */
export interface ChildStatus {
	pid: number;
	state: string;
	/** ISO 8601. */
	startedAt: string;
	uptimeMs: number;
}

/** One supervised child and the clients on it: the multiplexer's messages meet the supervisor's process here. */
export class Backend {
	readonly #context: BackendContext;
	readonly #multiplexer: Multiplexer;
	readonly #supervisor: Supervisor;
	readonly #role: BackendRole;
	/** The child in use has been warned of: it answers under ids of its own. */
	#hasWarned = false;
	readonly #whenReady: ((error?: ErrorObject) => void)[] = [];
	/** Takes what was mended in the messages of its present or last child. */
	#repaired: WireEvents["repaired"] = () => {};
	#starts = 0;
	/** What the child that is ready, or was last, has said at its opening. */
	#opening: { era: Era; result: Members } | undefined;
	/** That of its present or last child has its process id. */
	#log: Logger;
	/** When its last child ended, or it was made. */
	#endedAt = timestamp();
	/** When its present or last child was started. */
	#startedAt = this.#endedAt;
	readonly #idleStop: IdleStop;
	readonly #whenQuiet = new WhenQuiet();
	#restarting: Promise<void> | undefined;

	/**
	 * @param client as whom the child is opened
	 */
	constructor(context: BackendContext, client: Client, role: BackendRole) {
		this.#context = context;
		this.#log = context.log;
		this.#role = role;
		const { shared, remembers, keepUp } = role;
		this.#multiplexer = new Multiplexer({
			server: context.name,
			shared,
			remembers,
			client,
			translators,
			clock: processClock,
			listed: (method, page) => filterList(method, page, context.filters()),
			filters: () => context.filters(),
			refuses: (request, era) => this.#refuses(request, era),
			concurrency: () =>
				context.config().concurrency ?? Number.POSITIVE_INFINITY,
			queue: () => context.config(),
			timeLimits: () => context.config(),
			events: {
				need: () => this.#supervisor.need(),
				quiet: () => this.#quiet(),
				asked: () => this.#supervisor.used("asked"),
				served: () => this.#supervisor.used("served"),
				retried: () => context.counters.retry(),
				limitReached: (limit) => context.counters.limit(limit),
				dropped: (kind) => this.#dropped(kind),
				changed: (method) => this.#changed(method),
				repaired: (repair, what) => this.#repaired(repair, what),
				failed: (err) => context.log.error({ err }, "a request failed"),
			},
		});
		this.#idleStop = new IdleStop({
			idleTimeoutMs: () =>
				role.idleTimeoutMs?.() ?? context.config().idleTimeoutMs,
			keepUp,
			isIdle: () => this.isReady && !this.#multiplexer.isNeeded,
			stop: (idleTimeoutMs) => {
				context.log.info({ idleTimeoutMs }, "stopped: nobody needs it");
				void this.#supervisor.stopChild();
			},
		});
		this.#supervisor = new Supervisor({
			client,
			launch: context.launch,
			settings: () => ({
				keepUp: keepUp(),
				revision: context.revision(),
				mayTry: context.mayTry,
				startTimeoutMs: context.config().startTimeoutMs,
			}),
			report: (report) => this.#hear(report),
		});
	}

	/** The peer for one more client, in the client's own era. */
	connect(options: ConnectionOptions): Peer {
		return this.#multiplexer.connect(options);
	}

	/** Has the child started where none is ready, or the one that is is to be replaced. Calls back once, with the error where it could not be. */
	whenReady(use: (error?: ErrorObject) => void): void {
		if (this.isReady && !this.#restarting) {
			use();
			return;
		}
		this.#whenReady.push(use);
		this.#supervisor.need();
	}

	/** Whether a child is ready now. */
	get isReady(): boolean {
		return this.#supervisor.state.name === "ready";
	}

	/** Whether it was ended for good. */
	get isStopped(): boolean {
		return this.#supervisor.state.name === "stopped";
	}

	/** Whether it has a process, in whatever state. */
	get hasProcess(): boolean {
		return "child" in this.#supervisor.state;
	}

	/** What the child that is ready, or was last, has said at its opening, raw. */
	get opening(): { era: Era; result: Members } | undefined {
		return this.#opening;
	}

	/** How many processes were ready so far. */
	get starts(): number {
		return this.#starts;
	}

	/** Starts the child without anybody asking yet. */
	warm(): void {
		this.#supervisor.need();
	}

	/**
	 * Ends the child, after what is in flight or the given time; the next request
	 * gets a new one. One that is to be ended already is not ended twice.
	 */
	restart(drainMs: number): Promise<void> {
		if (this.#restarting) return this.#restarting;
		this.#multiplexer.hold();
		const isDone = () => this.#multiplexer.load.inFlight === 0;
		this.#restarting = this.#whenQuiet
			.until(isDone, drainMs)
			.then(() => this.#supervisor.stopChild())
			.finally(() => {
				this.#restarting = undefined;
				if (this.#whenReady.length > 0) this.#supervisor.need();
			});
		return this.#restarting;
	}

	/** Another program may come up next: see {@link Multiplexer.distrust}. */
	distrust(): void {
		this.#multiplexer.distrust();
	}

	/** Ends the child for good, after all that was asked for or the given time, whether it is in flight or waits. */
	async stop(drainMs: number): Promise<void> {
		this.#multiplexer.end();
		await this.#whenQuiet.until(() => !this.#multiplexer.busy, drainMs);
		await this.#supervisor.stop();
		this.#idleStop.cancel();
	}

	/** When a child is started that there is not now; undefined where one is there or on its way. */
	get nextTry(): NextTry | undefined {
		return nextTry(this.#supervisor.state);
	}

	/** Its process, where it has one, for status pages. */
	get child(): ChildStatus | undefined {
		const { state } = this.#supervisor;
		if (!("child" in state) || state.child.pid === undefined) return undefined;
		return {
			pid: state.child.pid,
			state: state.name,
			startedAt: isoTime(this.#startedAt),
			uptimeMs: Math.round(msBetween(this.#startedAt, timestamp())),
		};
	}

	/** Since when it is in the state that it is in. */
	get since(): Timestamp {
		const { state } = this.#supervisor;
		return "since" in state ? state.since : this.#endedAt;
	}

	/** For status pages. */
	status() {
		const { state, failures, lastExit } = this.#supervisor;
		return {
			state: state.name,
			pid: "child" in state ? state.child.pid : undefined,
			since: "since" in state ? isoTime(state.since) : undefined,
			nextStart: "until" in state ? isoTime(state.until) : undefined,
			failures,
			lastExit: lastExit?.reason,
			...this.#multiplexer.load,
		};
	}

	/** Tells the clients that lists have changed: the notifications' methods. */
	announce(methods: readonly string[]): void {
		for (const method of methods) this.#multiplexer.announce(method);
	}

	/** It may have been admitted when it came. */
	#refuses(request: Request, era: Era): ErrorObject | undefined {
		const { counters, filters } = this.#context;
		const current = filters();
		const refusal = current && refuseFiltered(request, current, era);
		if (refusal) counters.drop(refusal.kind);
		return refusal?.error;
	}

	/** What becomes of the child. */
	#hear(report: Report<Wire>): void {
		switch (report.type) {
			case "started":
				this.#started(report.child);
				return;
			case "reopening": {
				const { revision, because } = report;
				this.#log.warn(
					{ revision, code: because.code },
					`${because.reason}; it is opened once more, in another protocol revision`,
				);
				if (eraOf(revision) === "modern") this.#context.learned(revision);
				return;
			}
			case "ready":
				this.#ready(report.child, report.revision, report.result);
				return;
			case "down":
				this.#down(report.exit, report.hasServed);
				return;
			case "refused":
				this.#refused(report.exit, report.wasTried);
		}
	}

	#started(wire: Wire): void {
		const context = this.#context;
		const log = context.log.child({ pid: wire.pid });
		this.#log = log;
		this.#startedAt = timestamp();
		const odd = oddOutput({
			...context,
			log,
			isRetry: context.failures.current !== undefined,
			fail: (id, error) => this.#multiplexer.fail(id, error),
			write: (message) => wire.write(message),
		});
		this.#repaired = odd.repaired;
		wire.events = {
			...odd,
			message: (message) => this.#receive(message),
			stderr: (line) => log.debug({ stderr: line }, "stderr"),
			stderrForgotten: () => context.counters.limit("maxStderrBytes"),
			caughtUp: () => this.#multiplexer.caughtUp(),
			ending: () => this.#multiplexer.hold(),
		};
	}

	#down(exit: Exit, hasServed: boolean): void {
		const isDone = hasServed && !this.#multiplexer.owesAnswer;
		this.#endedAt = timestamp();
		if (isDone && exit.exitCode === 0) this.#log.info(exit.reason);
		else this.#report(exit, exit, false);
		this.#multiplexer.down(childError(this.#context.name, exit));
	}

	#refused(failure: Exit, wasTried: boolean): void {
		const { name, log, config } = this.#context;
		const exit = withHints(failure, config());
		if (wasTried) this.#report(exit, failure, true);
		else if (exit.code === "TOO_MANY_CHILDREN") log.warn(exit.reason);
		const error = childError(name, exit);
		for (const use of this.#whenReady.splice(0)) use(error);
		// Want of room says nothing of the program.
		if (exit.code !== "TOO_MANY_CHILDREN") this.#multiplexer.distrust();
		this.#multiplexer.refuse(error);
		this.#quiet();
	}

	#ready(wire: Wire, revision: string, given: Members): void {
		const { name, failures, learned } = this.#context;
		const era = eraOf(revision);
		const result = era === "legacy" ? completeInitialize(given, name) : given;
		this.#log.info({ era, revision }, "ready");
		this.#context.counters.ready(msBetween(this.#startedAt, timestamp()));
		failures.recovered();
		learned(revision, result);
		this.#opening = { era, result };
		this.#hasWarned = false;
		this.#starts++;
		if (this.#role.shared) this.#context.toolsChanged();
		this.#multiplexer.up({
			era,
			result,
			write: (message, written) => wire.write(message, written),
			isBehind: () => wire.isBehind,
		});
		if (this.#role.remembers) this.#multiplexer.checkLists();
		for (const use of this.#whenReady.splice(0)) use();
	}

	#dropped(kind: DropKind): void {
		this.#context.counters.drop(kind);
		if (kind !== "answer-under-unknown-id" || this.#hasWarned) return;
		this.#hasWarned = true;
		this.#log.warn(
			`the server answers under ids that it was not given: whose answers these are cannot be told, and who waits for them does so until "requestTimeoutMs"`,
		);
	}

	#changed(method: string): void {
		if (changedKinds.get(method) === "tools") this.#context.toolsChanged();
	}

	#quiet(): void {
		this.#whenQuiet.look();
		this.#idleStop.quiet();
	}

	#report(exit: Exit, { reason }: Exit, wasStart: boolean): void {
		if (exit.code !== "CHILD_STOPPED") this.#context.counters.fail(exit.code);
		const { failures: inARow } = this.#supervisor;
		const next = this.nextTry;
		const report = { exit, reason, wasStart, inARow, next };
		reportFailure(report, this.#context.failures, this.#log);
	}

	/** One message that cannot be dealt with must not end all the servers. */
	#receive(message: Message): void {
		try {
			this.#multiplexer.receive(message);
		} catch (error) {
			const { counters, log } = this.#context;
			counters.drop("message-that-failed");
			log.error({ err: error }, "a message of the server failed");
		}
	}
}
