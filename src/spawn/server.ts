import type { Logger } from "pino";
import type { ServerConfig } from "../config/resolve-config.ts";
import { countedPeer, type Unanswered } from "../protocol/counted-peer.ts";
import { isDeclared } from "../protocol/declared-methods.ts";
import { deferredPeer } from "../protocol/deferred-peer.ts";
import { canBeAsked } from "../protocol/eras/input.ts";
import { legacyOverModern } from "../protocol/eras/legacy-over-modern.ts";
import type { ModernClient } from "../protocol/eras/meta.ts";
import { modernOverLegacy } from "../protocol/eras/modern-over-legacy.ts";
import { modernOverModern } from "../protocol/eras/modern-over-modern.ts";
import type { Seal } from "../protocol/eras/seal.ts";
import { SuspendedCalls } from "../protocol/eras/suspended-calls.ts";
import { modernError } from "../protocol/eras/to-modern.ts";
import { filteredPeer } from "../protocol/filtered-peer.ts";
import {
	changesBetween,
	type Filters,
	filtersOf,
} from "../protocol/filters.ts";
import type { Client } from "../protocol/handshake.ts";
import { isMembers, type Members } from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import type { LinkOptions } from "../protocol/recipients.ts";
import { type Era, modernRevision } from "../protocol/revisions.ts";
import type { Probe, ServerFailure } from "../protocol/server-health.ts";
import { turningPeer } from "../protocol/turning-peer.ts";
import { Backend, type BackendContext, type Up } from "./backend.ts";
import { Counters } from "./counters.ts";
import { FailureHistory } from "./failure-history.ts";
import { LeasePool } from "./lease-pool.ts";
import { probeServer } from "./probe-server.ts";
import { Processes } from "./processes.ts";
import { Revisions } from "./revisions.ts";
import { childrenOf, failureOf, summaryOf } from "./server-status.ts";
import { SharedChildren } from "./shared-children.ts";
import type { StartGate } from "./start-gate.ts";

/** How long a child of some clients is kept that none of them uses, in ms. */
const keptIdleMs = 60_000;
/** The same where its state is the client's. */
const keptStateMs = 3_600_000;

/** One entry of `servers.ts` at work: isolation and era decide here which child a client gets, and how it is spoken to. */
export class Server {
	readonly name: string;
	readonly #identity: Members;
	readonly #counters = new Counters();
	readonly #unanswered: Unanswered = { count: 0 };
	readonly #processes: Processes;
	readonly #context: BackendContext;
	/** For clients that share; speak whatever `protocol` says, legacy where that is both. */
	readonly #shared: SharedChildren;
	/** For modern clients of a server that speaks both. */
	readonly #sharedModern: Backend;
	/** Children of clients that share them with nobody. */
	readonly #own = new Set<Backend>();
	/** Children of modern clients that can be asked, or whose state is their own. */
	readonly #pool: LeasePool;
	readonly #calls: SuspendedCalls;
	#config: ServerConfig;
	#filters: Filters | undefined;
	readonly #revisions = new Revisions(() => this.#config.protocol);
	#toolsVersion = 0;
	/** What the last child that was ready says it can do. */
	#capabilities: Members = {};
	readonly #failures = new FailureHistory();
	readonly #startedAt = Date.now();
	#probing: Promise<Probe> | undefined;
	#stopped = false;

	/**
	 * @param identity the bridge's own `clientInfo`, as which shared children are opened
	 * @param seal for what clients are given to bring back
	 * @param gate that all servers' starts go through
	 */
	constructor(
		name: string,
		config: ServerConfig,
		identity: Members,
		seal: Seal,
		gate: StartGate,
		log: Logger,
	) {
		this.name = name;
		this.#identity = identity;
		this.#config = config;
		this.#filters = filtersOf(config);
		const ownLog = log.child({ server: name });
		this.#processes = new Processes({
			name,
			config: () => this.#config,
			inUse: () => this.#backends().filter((each) => each.hasProcess).length,
			endIdle: () => this.#pool.endIdle() || this.#shared.endIdle(),
			counters: this.#counters,
			gate,
			log: ownLog,
		});
		this.#context = {
			name,
			config: () => this.#config,
			filters: () => this.#filters,
			enter: (begin) => this.#processes.enter(begin),
			takeWire: () => this.#processes.takeSpare(),
			era: () => this.#revisions.era,
			revision: () => this.#revisions.next,
			mayTry: (revision) => this.#revisions.mayTry(revision),
			learned: (revision, result) => {
				this.#revisions.learn(revision, result);
				this.#noteCapabilities(result);
			},
			toolsChanged: () => {
				this.#toolsVersion++;
			},
			counters: this.#counters,
			log: ownLog,
			failures: this.#failures,
		};
		const takeWire = () => this.#processes.take();
		this.#shared = new SharedChildren({
			context: this.#context,
			takePlain: takeWire,
			identity,
			keepUp: () => this.#isKeptUp(),
			processCount: () => this.#processes.count,
			idleMs: keptIdleMs,
		});
		const modern: BackendContext = {
			...this.#context,
			era: () => "modern",
			revision: () => modernRevision,
			mayTry: () => false,
			learned: (_revision, result) => this.#noteCapabilities(result),
		};
		const nobody = { capabilities: {}, info: identity };
		this.#sharedModern = new Backend({ ...modern, takeWire }, nobody, {
			shared: true,
			remembers: true,
			keepUp: () => this.#isKeptUp() && this.#config.protocol === "dual",
		});
		this.#pool = new LeasePool({
			open: (client) => {
				const isDual = this.#config.protocol === "dual";
				// Some take up what their client answers them at the start by and by: nothing may be answered before.
				return this.#openOwn(client, false, isDual ? modern : this.#context);
			},
			close: (backend) => this.#closeOwn(backend),
			idleMs: () => (this.needsSession ? keptStateMs : keptIdleMs),
			keepsState: () => this.needsSession,
			dropped: (kind) => this.#counters.drop(kind),
		});
		this.#calls = new SuspendedCalls({
			seal,
			takeLease: this.#pool.take,
			inputTimeoutMs: () => this.#config.inputTimeoutMs,
			maxSuspendedCalls: () => this.#config.maxSuspendedCalls,
			dropped: (kind) => this.#counters.drop(kind),
			limitReached: (limit) => this.#counters.limit(limit),
			server: name,
			requestTimeoutMs: () => this.#config.requestTimeoutMs,
		});
	}

	/** Each session costs a process. */
	get needsSession(): boolean {
		return this.#config.isolation === "session";
	}

	/** Another number whenever the server's tools may be others than before. */
	get toolsVersion(): number {
		return this.#toolsVersion;
	}

	/** Whether the server says that it has a method of the specification. */
	offers(method: string): boolean {
		return isDeclared(method, this.#capabilities);
	}

	/** Counts a message that had nobody to go to. */
	dropped(kind: string): void {
		this.#counters.drop(kind);
	}

	/** Counts a bound that was reached: the option's name. */
	limitReached(limit: string): void {
		this.#counters.limit(limit);
	}

	/** How many requests of all clients are not answered yet. */
	get unanswered(): number {
		return this.#unanswered.count;
	}

	/** How many may be. */
	get maxRequests(): number {
		return this.#config.maxRequests;
	}

	/** Counts one request of a modern client, until the returned function is called. */
	reserve(): () => void {
		this.#unanswered.count++;
		this.#unanswered.lastAt = Date.now();
		return () => {
			this.#unanswered.count--;
		};
	}

	/** Starts what is to be warm. */
	start(): void {
		if (this.#isKeptUp()) {
			this.#shared.plain.warm();
			if (this.#config.protocol === "dual") this.#sharedModern.warm();
		}
		this.#processes.fill();
	}

	/** The peer for a legacy client, on the child that its capabilities and the entry's isolation give it. */
	open(client: Client): Peer {
		const peer = countedPeer(this.#open(client), this.#unanswered);
		return this.#filtered(peer, "legacy");
	}

	#open(client: Client): Peer {
		if (this.#revisions.era === "modern") return this.#legacyOnModern(client);
		const connect = this.#wantsOwn(client.capabilities)
			? (options: LinkOptions) => this.#connectOwn(client, options)
			: (options: LinkOptions) =>
					this.#shared.connect(client.capabilities, options);
		return this.#config.protocol === "auto"
			? turningPeer(connect, () => this.#legacyOnModern(client))
			: connect({});
	}

	/** The peer for one request of a modern client. */
	openModern(client: ModernClient): Peer {
		return this.#filtered(this.#openModern(client), "modern");
	}

	#filtered(peer: Peer, era: Era): Peer {
		return filteredPeer(peer, {
			era,
			filters: () => this.#filters,
			dropped: (kind) => this.#counters.drop(kind),
		});
	}

	#openModern(client: ModernClient): Peer {
		const isOwn = this.#wantsOwn(client.capabilities);
		if (this.#config.protocol === "dual" || this.#revisions.era === "modern") {
			const peer = this.needsSession
				? this.#pool.connect(client)
				: this.#modern.connect();
			return modernOverModern(peer, this.name);
		}
		if (this.#revisions.era === undefined) {
			return deferredPeer((use) => {
				const begin = (up: Up) =>
					use(
						"error" in up
							? { error: modernError(up.error, undefined) }
							: this.#openModern(client),
					);
				if (isOwn) this.#pool.whenUp(client, begin);
				else this.#shared.whenUp(client.capabilities, begin);
			});
		}
		const calls =
			isOwn && canBeAsked(client.capabilities) ? this.#calls : undefined;
		return modernOverLegacy({
			client,
			calls,
			connect: (options) =>
				isOwn
					? this.#pool.connect(client, options)
					: this.#shared.connect(client.capabilities, options),
			dropped: (kind) => this.#counters.drop(kind),
		});
	}

	/** Takes a changed entry into force: its children end after what is in flight, sessions stay. */
	async reconfigure(config: ServerConfig, drainMs: number): Promise<void> {
		const changes = changesBetween(this.#config, config);
		this.#config = config;
		this.#filters = filtersOf(config);
		// Another command may speak otherwise; who is connected is told when it does.
		this.#revisions.forget();
		this.#calls.end();
		for (const backend of this.#backends()) {
			backend.distrust();
			backend.announce(changes);
		}
		await Promise.all([
			this.#processes.close(),
			...this.#backends().map((backend) => backend.restart(drainMs)),
		]);
		if (!this.#stopped) this.start();
	}

	/** Ends every child for good, after what is in flight or the given time. */
	async stop(drainMs: number): Promise<void> {
		this.#stopped = true;
		this.#calls.end();
		this.#pool.stop();
		this.#shared.stop();
		await Promise.all([
			this.#processes.close(),
			...this.#backends().map((backend) => backend.stop(drainMs)),
		]);
	}

	/** Why the last start, or the last child, failed, where no child is ready since. */
	get failure(): ServerFailure | undefined {
		return failureOf(this.#failures, this.#main);
	}

	/** Starts it where it is not running, and lists its tools as a client does. Who asks meanwhile gets the same. */
	probe(): Promise<Probe> {
		this.#probing ??= probeServer({
			server: this.name,
			identity: this.#identity,
			whenReady: (use) => (this.#main ? this.#main.whenReady(use) : use()),
			open: () => this.open({ capabilities: {}, info: this.#identity }),
			timeoutMs: this.#config.startTimeoutMs,
		}).finally(() => {
			this.#probing = undefined;
		});
		return this.#probing;
	}

	/** For status pages. */
	status() {
		const { isolation, protocol } = this.#config;
		const isShared = isolation !== "session";
		const { unanswered, inFlight, waiting } = this.metrics();
		const { lastAt } = this.#unanswered;
		return {
			name: this.name,
			...this.#summary(),
			isolation,
			protocol,
			era: protocol === "dual" ? undefined : this.#revisions.era,
			revision: protocol === "dual" ? undefined : this.#revisions.spoken,
			failure: this.failure,
			...this.#counters.snapshot(),
			suspendedCalls: this.#calls.size,
			queue: { unanswered, inFlight, waiting },
			lastCallAt: lastAt && new Date(lastAt).toISOString(),
			children: childrenOf(
				{
					shared: this.#shared.backends,
					modern: [this.#sharedModern],
					own: [...this.#own],
				},
				this.#processes.sparePids,
			),
			shared: isShared ? this.#shared.plain.status() : undefined,
			sharedByCapabilities: this.#shared.status(),
			sharedModern:
				protocol === "dual" && isShared
					? this.#sharedModern.status()
					: undefined,
			own: [...this.#own].map((backend) => backend.status()),
		};
	}

	/** For monitoring. */
	metrics() {
		const loads = this.#backends().map((backend) => backend.status());
		const sum = (of: (load: (typeof loads)[number]) => number) =>
			loads.reduce((total, load) => total + of(load), 0);
		return {
			...this.#counters.snapshot(),
			unanswered: this.unanswered,
			inFlight: sum(({ inFlight }) => inFlight),
			waiting: sum(({ waiting }) => waiting),
			children: this.#processes.count,
			suspendedCalls: this.#calls.size,
		};
	}

	#noteCapabilities(result: Members | undefined): void {
		const capabilities = result?.capabilities;
		if (isMembers(capabilities)) this.#capabilities = capabilities;
	}

	/** The child that modern requests share. */
	get #modern(): Backend {
		return this.#config.protocol === "dual"
			? this.#sharedModern
			: this.#shared.plain;
	}

	#legacyOnModern(client: Client): Peer {
		const peer = this.needsSession
			? this.#connectOwn(client, {})
			: this.#shared.plain.connect();
		return legacyOverModern(peer, client, (kind) => this.#counters.drop(kind));
	}

	#wantsOwn(capabilities: Members): boolean {
		const { isolation } = this.#config;
		if (isolation !== "auto") return isolation === "session";
		return canBeAsked(capabilities);
	}

	#connectOwn(client: Client, options: LinkOptions): Peer {
		const backend = this.#openOwn(client, true);
		const peer = backend.connect(options);
		return {
			...peer,
			close: () => {
				peer.close();
				this.#closeOwn(backend);
			},
		};
	}

	#openOwn(
		{ capabilities, info = this.#identity }: Client,
		remembers: boolean,
		context = this.#context,
	): Backend {
		const client = { capabilities, info };
		const backend = new Backend(context, client, {
			shared: false,
			remembers,
			keepUp: () => false,
		});
		this.#own.add(backend);
		if (this.#stopped) void backend.stop(0);
		return backend;
	}

	#closeOwn(backend: Backend): void {
		void backend.stop(0).finally(() => this.#own.delete(backend));
	}

	#isKeptUp(): boolean {
		return this.#config.warm > 0 && this.#config.isolation !== "session";
	}

	/** Of the children that are shared, where any are. */
	#summary() {
		const own = [...this.#own].filter(({ isStopped }) => !isStopped);
		const backends = this.needsSession ? own : this.#shared.backends;
		return summaryOf(this.#failures, this.#main, backends, this.#startedAt);
	}

	/** The child that most clients are on, where they share one. */
	get #main(): Backend | undefined {
		return this.needsSession ? undefined : this.#shared.plain;
	}

	#backends(): Backend[] {
		return [...this.#shared.backends, this.#sharedModern, ...this.#own];
	}
}
