import type { Logger } from "pino";
import { commandHints } from "../config/command-hints.ts";
import type { ServerConfig } from "../config/resolve-config.ts";
import { childError } from "../protocol/child-error.ts";
import { modernMeta } from "../protocol/eras/meta.ts";
import {
	type Filters,
	filterList,
	refuseFiltered,
} from "../protocol/filters.ts";
import type { Client } from "../protocol/handshake.ts";
import {
	type ErrorObject,
	isMembers,
	type Members,
	type Message,
	type Request,
} from "../protocol/messages.ts";
import { Multiplexer } from "../protocol/multiplexer.ts";
import type { Peer } from "../protocol/peer.ts";
import type { LinkOptions } from "../protocol/recipients.ts";
import { type Era, eraOf } from "../protocol/revisions.ts";
import type { Exit, Wire } from "../protocol/wire.ts";
import type { Counters } from "./counters.ts";
import { childEnvironment } from "./environment.ts";
import { causeOf } from "./error-lines.ts";
import type { FailureHistory } from "./failure-history.ts";
import { completeInitialize } from "./initialize-child.ts";
import { oddOutput } from "./odd-output.ts";
import { Supervisor, type SupervisorOptions } from "./supervisor.ts";
import { describeNextTry, type NextTry, nextTry } from "./supervisor-state.ts";

/** What all backends of one server have in common. */
export interface BackendContext {
	name: string;
	/** The entry as it is now: it may change while the bridge runs. */
	config(): ServerConfig;
	/** What clients may see and use of the server, as it is now. */
	filters(): Filters | undefined;
	/** Waits for the turn to start a child; see {@link StartGate}. */
	enter(begin: (leave: () => void) => void): () => void;
	/** See {@link SupervisorOptions.takeWire}. */
	takeWire: SupervisorOptions["takeWire"];
	/** What the children speak, as far as that is settled. */
	era(): Era | undefined;
	/** The protocol revision that a child is opened in. */
	revision(): string;
	/** See {@link SupervisorOptions.mayTry}. */
	mayTry: SupervisorOptions["mayTry"];
	/** A child has said in its refusal that it is spoken to in this revision, or shown it where it is ready: then its raw result of the opening is given too. */
	learned(revision: string, result?: Members): void;
	counters: Counters;
	log: Logger;
	/** The server's tools may be others than before. */
	toolsChanged(): void;
	/** What went wrong with the server's children. */
	failures: FailureHistory;
}

/** What a child speaks once it is ready, or why there is none. */
export type Up = { era: Era } | { error: ErrorObject };

/** One process, as status pages have it. */
export interface ChildStatus {
	pid: number;
	state: string;
	/** ISO 8601. */
	startedAt: string;
	uptimeMs: number;
}

/** What a backend is for. */
export interface BackendRole {
	/** Several clients will be on it. */
	shared: boolean;
	/** What one child has said is served while the next one starts, and compared with what that says. */
	remembers: boolean;
	/** Whether its child runs without being asked for. */
	keepUp(): boolean;
	/** How long its child is kept that nobody needs, in ms, where that is not the entry's `idleTimeoutMs`; 0 is for ever. */
	idleTimeoutMs?(): number;
}

/** One supervised child and the clients on it: the multiplexer's messages meet the supervisor's process here. */
export class Backend {
	readonly #context: BackendContext;
	readonly #multiplexer: Multiplexer;
	readonly #supervisor: Supervisor;
	readonly #role: BackendRole;
	readonly #client: Client;
	/** The child in use has been warned of: it answers under ids of its own. */
	#hasWarned = false;
	readonly #whenUp: ((up: Up) => void)[] = [];
	#starts = 0;
	/** That of its present or last child has its process id. */
	#log: Logger;
	/** When its present or last child was started, in ms since 1970. */
	#startedAt = 0;
	/** When its last child ended, or it was made, in ms since 1970. */
	#endedAt = Date.now();
	/** See {@link SupervisorOptions.usage}. */
	#usage = { asked: false, served: false };
	#idleTimer: NodeJS.Timeout | undefined;
	/** Called whenever nothing is in flight. */
	readonly #whenQuiet = new Set<() => void>();
	#restarting: Promise<void> | undefined;

	/**
	 * @param client as whom the child is opened
	 */
	constructor(context: BackendContext, client: Client, role: BackendRole) {
		this.#context = context;
		this.#log = context.log;
		this.#client = client;
		this.#role = role;
		const { shared, remembers, keepUp } = role;
		this.#multiplexer = new Multiplexer({
			server: context.name,
			shared,
			remembers,
			listed: (method, page) => filterList(method, page, context.filters()),
			refuses: (request, era) => this.#refuses(request, era),
			concurrency: () =>
				context.config().concurrency ?? Number.POSITIVE_INFINITY,
			need: () => this.#supervisor.need(),
			asked: () => {
				this.#usage.asked = true;
			},
			served: () => {
				this.#usage.served = true;
			},
			quiet: () => this.#quiet(),
			queue: () => context.config(),
			timeLimits: () => context.config(),
			limitReached: (limit) => context.counters.limit(limit),
			retried: () => context.counters.retry(),
			failed: (err) => context.log.error({ err }, "a request failed"),
			dropped: (kind) => this.#dropped(kind),
			changed: (method) => this.#changed(method),
		});
		this.#supervisor = new Supervisor({
			client,
			enter: context.enter,
			takeWire: () => {
				const wire = context.takeWire();
				if (wire instanceof Promise || "reason" in wire) return wire;
				const log = context.log.child({ pid: wire.pid });
				this.#log = log;
				this.#startedAt = Date.now();
				wire.events = {
					...oddOutput({
						...context,
						log,
						isRetry: context.failures.current !== undefined,
						fail: (id, error) => this.#multiplexer.fail(id, error),
						write: (message) => wire.write(message),
					}),
					message: (message) => this.#receive(message),
					stderr: (line) => log.debug({ stderr: line }, "stderr"),
					stderrForgotten: () => context.counters.limit("maxStderrBytes"),
					caughtUp: () => this.#multiplexer.caughtUp(),
					ending: () => this.#multiplexer.hold(),
				};
				return wire;
			},
			revision: context.revision,
			mayTry: context.mayTry,
			turn: (revision, { reason, code }) => {
				this.#log.warn(
					{ revision, code },
					`${reason}; it is opened once more, in another protocol revision`,
				);
				if (eraOf(revision) === "modern") context.learned(revision);
			},
			startTimeoutMs: () => context.config().startTimeoutMs,
			keepUp,
			usage: () => this.#usage,
			up: (wire, revision, given) => {
				const era = eraOf(revision);
				const result =
					era === "legacy" ? completeInitialize(given, context.name) : given;
				this.#log.info({ era, revision }, "ready");
				context.failures.recovered();
				context.learned(revision, result);
				this.#usage = { asked: false, served: false };
				this.#hasWarned = false;
				this.#up(wire, era, result);
			},
			down: (exit) => {
				const { served } = this.#usage;
				const isDone = served && !this.#multiplexer.owesAnswer;
				this.#endedAt = Date.now();
				if (isDone && exit.exitCode === 0) this.#log.info(exit.reason);
				else this.#report(exit, exit, false);
				this.#multiplexer.down(childError(context.name, exit));
			},
			refused: (failure, wasTried) => {
				const exit = withHints(failure, context.config());
				if (wasTried) this.#report(exit, failure, true);
				else if (exit.code === "TOO_MANY_CHILDREN") {
					context.log.warn(exit.reason);
				}
				const error = childError(context.name, exit);
				for (const use of this.#whenUp.splice(0)) use({ error });
				// Want of room says nothing of the program.
				if (exit.code !== "TOO_MANY_CHILDREN") this.#multiplexer.distrust();
				this.#multiplexer.refuse(error);
				this.#quiet();
			},
		});
	}

	/** The peer for one more client of the child's own era. */
	connect(options?: LinkOptions): Peer {
		return this.#multiplexer.connect(options);
	}

	/** Has the child started where it is not, and tells what it speaks. Calls back once. */
	whenUp(use: (up: Up) => void): void {
		const era = this.#context.era();
		if (era !== undefined) {
			use({ era });
			return;
		}
		this.#whenUp.push(use);
		this.#supervisor.need();
	}

	/** Has the child started where none is ready. Calls back once, with the error where it could not be. */
	whenReady(use: (error?: ErrorObject) => void): void {
		if (this.isReady) {
			use();
			return;
		}
		this.#whenUp.push((up) => use("error" in up ? up.error : undefined));
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
		return "wire" in this.#supervisor.state;
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
		this.#restarting = this.#until(isDone, drainMs)
			.then(() => this.#supervisor.end())
			.finally(() => {
				this.#restarting = undefined;
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
		await this.#until(() => !this.#multiplexer.busy, drainMs);
		await this.#supervisor.stop();
		clearTimeout(this.#idleTimer);
	}

	/** When a child is started that there is not now; undefined where one is there or on its way. */
	get nextTry(): NextTry | undefined {
		return nextTry(this.#supervisor.state, this.#supervisor.notBefore);
	}

	/** Its process, where it has one, for status pages. */
	get child(): ChildStatus | undefined {
		const { state } = this.#supervisor;
		if (!("wire" in state) || state.wire.pid === undefined) return undefined;
		return {
			pid: state.wire.pid,
			state: state.name,
			startedAt: new Date(this.#startedAt).toISOString(),
			uptimeMs: Date.now() - this.#startedAt,
		};
	}

	/** Since when it is in the state that it is in, in ms since 1970. */
	get since(): number {
		const { state } = this.#supervisor;
		return "since" in state ? state.since : this.#endedAt;
	}

	/** For status pages. */
	status() {
		const { state, failures, lastExit } = this.#supervisor;
		return {
			state: state.name,
			pid: "wire" in state ? state.wire.pid : undefined,
			since: "since" in state ? new Date(state.since).toISOString() : undefined,
			nextStart:
				"until" in state ? new Date(state.until).toISOString() : undefined,
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

	#up(wire: Wire, era: Era, result: Members): void {
		this.#starts++;
		const { isolation } = this.#context.config();
		// Its tools are the server's, as far as anybody looks at those of a child of one client.
		if (this.#role.shared || isolation === "session")
			this.#context.toolsChanged();
		this.#multiplexer.up({
			era,
			result,
			write: (message, written) => wire.write(message, written),
			isBehind: () => wire.isBehind,
		});
		if (this.#role.remembers) {
			this.#multiplexer.checkLists(
				era === "modern" ? { _meta: modernMeta(undefined, this.#client) } : {},
			);
		}
		if (era === "modern") this.#followTools(result);
		for (const use of this.#whenUp.splice(0)) use({ era });
	}

	/** A modern child tells of changes only who has asked to be told. */
	#followTools({ capabilities }: Members): void {
		const tools = isMembers(capabilities) ? capabilities.tools : undefined;
		if (!isMembers(tools) || tools.listChanged !== true) return;
		const _meta = modernMeta(undefined, this.#client);
		const notifications = { toolsListChanged: true };
		const params = { _meta, notifications };
		this.#multiplexer.askOwn("subscriptions/listen", params, (message) => {
			if ("method" in message) this.#changed(message.method);
		});
	}

	#dropped(kind: string): void {
		this.#context.counters.drop(kind);
		if (kind !== "answer-under-unknown-id" || this.#hasWarned) return;
		this.#hasWarned = true;
		this.#log.warn(
			`the server answers under ids that it was not given: whose answers these are cannot be told, and who waits for them does so until "requestTimeoutMs"`,
		);
	}

	#changed(method: string): void {
		if (method === "notifications/tools/list_changed") {
			this.#context.toolsChanged();
		}
	}

	/** Waits for something that is looked at whenever nothing is in flight, at the longest the given time. */
	#until(isDone: () => boolean, timeoutMs: number): Promise<void> {
		if (isDone()) return Promise.resolve();
		return new Promise((resolve) => {
			const finish = () => {
				clearTimeout(timer);
				this.#whenQuiet.delete(look);
				resolve();
			};
			const look = () => {
				if (isDone()) finish();
			};
			const timer = setTimeout(finish, timeoutMs);
			this.#whenQuiet.add(look);
		});
	}

	#quiet(): void {
		for (const look of this.#whenQuiet) look();
		const idleTimeoutMs = this.#idleTimeoutMs();
		if (idleTimeoutMs === 0 || this.#role.keepUp()) return;
		clearTimeout(this.#idleTimer);
		this.#idleTimer = setTimeout(() => {
			const isReady = this.#supervisor.state.name === "ready";
			if (this.#multiplexer.isNeeded || !isReady) return;
			// It may have got a client meanwhile that keeps it.
			if (this.#idleTimeoutMs() === 0) return;
			this.#context.log.info({ idleTimeoutMs }, "stopped: nobody needs it");
			void this.#supervisor.end();
		}, idleTimeoutMs);
	}

	#idleTimeoutMs(): number {
		return this.#role.idleTimeoutMs?.() ?? this.#context.config().idleTimeoutMs;
	}

	/** Tells of a failure: in full where it is news, else in a line. */
	#report(exit: Exit, { reason }: Exit, wasStart: boolean): void {
		if (exit.code === "CHILD_STOPPED") return;
		const { failures: inARow } = this.#supervisor;
		const times = this.#context.failures.note({
			exit,
			wasStart,
			continues: inARow > 1,
			at: Date.now(),
		});
		const next = describeNextTry(this.nextTry, Date.now());
		const { signal: _inReason, reason: full, ...fields } = exit;
		if (times === 1) {
			this.#log.warn({ ...fields, cause: causeOf(exit) }, `${full}; ${next}`);
			return;
		}
		const { code, exitCode } = exit;
		this.#log.warn(
			{ code, exitCode, times },
			`failed as before (${times} times in a row): ${reason}; ${next}`,
		);
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

/** Why a child could not be started, with what may be wrong about its command. */
function withHints(exit: Exit, config: ServerConfig): Exit {
	if (exit.code === "CHILD_STOPPED" || exit.code === "TOO_MANY_CHILDREN") {
		return exit;
	}
	const { command, args, env, inheritEnv } = config;
	const inherited = childEnvironment(process.env, inheritEnv, {});
	const hints = commandHints({ command, args, env, inherited });
	return { ...exit, reason: [exit.reason, ...hints].join(". ") };
}
