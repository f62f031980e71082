import type { Logger } from "pino";
import type { ServerConfig } from "../config/resolve-config.ts";
import type { Tally } from "../multiplex/call.ts";
import { MirroredTools } from "../multiplex/lists/mirrored-tools.ts";
import type { Client } from "../protocol/client.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import {
	changesBetween,
	type Filters,
	filtersOf,
} from "../protocol/filters.ts";
import { isMembers, type Members } from "../protocol/messages.ts";
import { anonymous, type ModernClient } from "../protocol/meta.ts";
import { isDeclared } from "../protocol/methods.ts";
import type { Mirrored } from "../protocol/parameter-headers.ts";
import type { Peer } from "../protocol/peer.ts";
import { modernRevision } from "../protocol/revisions.ts";
import type { Probe, ServerFailure } from "../protocol/server-health.ts";
import type { Seal } from "../seal/seal.ts";
import { Backend } from "./backend.ts";
import type { BackendContext, BackendRole } from "./backend-context.ts";
import { Counters } from "./counters.ts";
import { FailureHistory } from "./failure-history.ts";
import { type Placement, place, plain, plainModern } from "./isolation.ts";
import { ModernRequests } from "./modern-requests.ts";
import { Pool } from "./pool.ts";
import { probeServer } from "./probe-server.ts";
import { Processes } from "./processes.ts";
import { Revisions } from "./revisions.ts";
import { failureOf, loadOf, statusOf } from "./server-status.ts";
import type { StartGate } from "./start-gate.ts";
import { timestamp } from "./timestamp.ts";

/** How long a call waits for the list of tools behind the start of a child, where nothing else limits that, in ms: clients with the official SDK wait no longer. */
const unlimitedListMs = 60_000;

/** One entry of `servers.ts` at work: gives each client a peer on the child that isolation picks for it. */
export class Server {
	readonly name: string;
	readonly #identity: Members;
	readonly #counters = new Counters();
	readonly #unanswered: { count: number; lastAt?: number } = { count: 0 };
	readonly #processes: Processes;
	readonly #context: BackendContext;
	readonly #pool: Pool;
	readonly #modern: ModernRequests;
	readonly #tally: Tally = {
		add: () => {
			this.#unanswered.count++;
			this.#unanswered.lastAt = Date.now();
		},
		remove: () => {
			this.#unanswered.count--;
		},
	};
	#config: ServerConfig;
	#filters: Filters | undefined;
	readonly #revisions = new Revisions(() => this.#config.protocol);
	/** Another number whenever its tools may be others than before. */
	#toolsVersion = 0;
	readonly #mirrored: MirroredTools;
	/** What the last child that was ready says it can do. */
	#capabilities: Members = {};
	readonly #failures = new FailureHistory();
	readonly #startedAt = timestamp();
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
		this.#mirrored = new MirroredTools({
			server: name,
			open: (client) => this.#openModern(client),
			version: () => this.#toolsVersion,
			pageTimeoutMs: () =>
				this.#config.startTimeoutMs +
				(this.#config.requestTimeoutMs || unlimitedListMs),
		});
		const ownLog = log.child({ server: name });
		const limitReached = (limit: string) => this.#counters.limit(limit);
		const dropped = (kind: DropKind) => this.#counters.drop(kind);
		this.#processes = new Processes({
			name,
			config: () => this.#config,
			inUse: () =>
				this.#pool.backends.filter(({ hasProcess }) => hasProcess).length,
			endIdle: () => this.#pool.endIdle(),
			counters: this.#counters,
			gate,
			log: ownLog,
		});
		this.#context = {
			name,
			config: () => this.#config,
			filters: () => this.#filters,
			launch: this.#processes.launchSpare,
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
		this.#pool = new Pool({
			config: () => this.#config,
			open: (placement, role) => this.#openBackend(placement, role),
			processCount: () => this.#processes.count,
			limitReached,
			dropped,
		});
		this.#modern = new ModernRequests({
			server: name,
			seal,
			pool: this.#pool,
			config: () => this.#config,
			filters: () => this.#filters,
			childEra: () => this.#revisions.era,
			dropped,
			limitReached,
		});
	}

	/** Each session costs a process. */
	get needsSession(): boolean {
		return this.#config.isolation === "session";
	}

	/** Which parameters of a tool a modern client has to mirror in headers. */
	mirrored(client: ModernClient, tool: unknown): Promise<Mirrored> {
		return this.#mirrored.of(client, tool);
	}

	/** Whether the server says that it has a method of the specification. */
	offers(method: string): boolean {
		return isDeclared(method, this.#capabilities);
	}

	/** Counts a message that had nobody to go to. */
	dropped(kind: DropKind): void {
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
		this.#tally.add();
		return () => this.#tally.remove();
	}

	/** Starts what is to be warm. */
	start(): void {
		const { warm, isolation, protocol } = this.#config;
		if (warm > 0 && isolation !== "session") {
			this.#pool.plain.backend.warm();
			if (protocol === "dual") this.#pool.plainModern.backend.warm();
		}
		this.#processes.fill();
	}

	/** The peer for a legacy client, on the child that its capabilities and the entry's isolation give it. */
	open(client: Client): Peer {
		const era = "legacy";
		const placed = { ...client, era, principal: anonymous } as const;
		const { era: childEra } = this.#revisions;
		const entry = this.#pool.find(place(this.#config, placed, childEra));
		const tally = this.#tally;
		return this.#pool.connect(entry, { era, client, tally });
	}

	/** The peer for one request of a modern client. */
	openModern(client: ModernClient): Peer {
		return this.#mirrored.observe(this.#openModern(client), client);
	}

	#openModern(client: ModernClient): Peer {
		let close = () => {};
		return {
			ask: (request, receive) => {
				close = this.#modern.ask(client, request, receive);
			},
			// A modern client has nothing to tell, and hears nothing that belongs to no request.
			tell: () => {},
			listen: () => {},
			close: () => close(),
		};
	}

	/** Takes a changed entry into force: its children end after what is in flight, sessions stay. */
	async reconfigure(config: ServerConfig, drainMs: number): Promise<void> {
		const changes = changesBetween(this.#config, config);
		this.#config = config;
		this.#filters = filtersOf(config);
		this.#toolsVersion++;
		// Another command may speak otherwise.
		this.#revisions.forget();
		this.#modern.end();
		const { backends } = this.#pool;
		for (const backend of backends) {
			backend.distrust();
			backend.announce(changes);
		}
		await Promise.all([
			this.#processes.close(),
			...backends.map((backend) => backend.restart(drainMs)),
		]);
		if (!this.#stopped) this.start();
	}

	/** Ends every child for good, after what is in flight or the given time. */
	async stop(drainMs: number): Promise<void> {
		this.#stopped = true;
		this.#modern.end();
		await Promise.all([this.#processes.close(), this.#pool.stop(drainMs)]);
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
		const { unanswered, inFlight, waiting } = this.metrics();
		const { lastAt } = this.#unanswered;
		return {
			name: this.name,
			...statusOf({
				pool: this.#pool,
				config: this.#config,
				main: this.#main,
				failures: this.#failures,
				startedAt: this.#startedAt,
				revisions: this.#revisions,
				counts: this.#counters.snapshot(),
				sparePids: this.#processes.sparePids,
			}),
			suspendedCalls: this.#modern.suspended,
			queue: { unanswered, inFlight, waiting },
			lastCallAt: lastAt && new Date(lastAt).toISOString(),
		};
	}

	/** For monitoring. */
	metrics() {
		const load = loadOf(this.#pool.backends);
		const { maxRequests, maxQueue, maxChildren } = this.#config;
		return {
			...this.#counters.snapshot(),
			unanswered: this.unanswered,
			inFlight: load.inFlight,
			waiting: load.waiting + this.#modern.waiting,
			children: this.#processes.count,
			suspendedCalls: this.#modern.suspended,
			longestQueue: Math.max(load.longestQueue, this.#modern.waiting),
			startTimes: this.#counters.startTimes,
			limits: { maxRequests, maxQueue, maxChildren },
		};
	}

	#openBackend(placement: Placement, role: BackendRole): Backend {
		const { capabilities, info = this.#identity } = placement.client;
		const isPlain = placement === plain || placement === plainModern;
		const launch = isPlain ? this.#processes.launch : this.#context.launch;
		const isModern =
			placement.use === "modern" ||
			(placement.use !== "shared" && placement.opensModern);
		const context: BackendContext = isModern
			? {
					...this.#context,
					launch,
					revision: () => modernRevision,
					mayTry: () => false,
					learned: (_revision, result) => this.#noteCapabilities(result),
				}
			: { ...this.#context, launch };
		return new Backend(context, { capabilities, info }, role);
	}

	#noteCapabilities(result: Members | undefined): void {
		const capabilities = result?.capabilities;
		if (isMembers(capabilities)) this.#capabilities = capabilities;
	}

	/** The child that most clients are on, where they share one. */
	get #main(): Backend | undefined {
		return this.needsSession ? undefined : this.#pool.plain.backend;
	}
}
