import { randomBytes } from "node:crypto";
import type { Hono } from "hono";
import type { Logger } from "pino";
import { createApp } from "./app.ts";
import type {
	BridgeConfig,
	FaultyEntry,
	ServerConfig,
} from "./config/resolve-config.ts";
import { foldName } from "./config/server-name.ts";
import { sessionKeyOf } from "./config/session-key.ts";
import { FaultyServer } from "./faulty-server.ts";
import { KeepAlive } from "./routes/event-stream.ts";
import { allOf, type Observer } from "./routes/observer.ts";
import { accessLog } from "./routes/operations/access-log.ts";
import { RequestCounts } from "./routes/operations/metrics/request-counts.ts";
import type { HostFigures, RouteContext } from "./routes/route-context.ts";
import { type SessionEvents, SessionStore } from "./routes/session-store.ts";
import type { SseSession } from "./routes/sse/sse-session.ts";
import type { StreamableSession } from "./routes/streamable/streamable-session.ts";
import { hmacSeal, keyFor } from "./seal/hmac-seal.ts";
import { SessionIds } from "./seal/session-ids.ts";
import {
	type GuardianEvents,
	guardianStatus,
	watchGuardian,
} from "./spawn/process/guardian.ts";
import { Server } from "./spawn/server.ts";
import { StartGate } from "./spawn/start-gate.ts";
import { version } from "./version.ts";

const reapIntervalMs = 30_000;

/** A child that has not answered yet. */
export interface StartingChild {
	server: string;
	entry: ServerConfig;
	pid: number;
	forMs: number;
}

/** What a bridge is told by the program around it. */
export interface BridgeOptions extends Partial<HostFigures> {
	observers?: readonly Observer[];
}

/** A running bridge: its HTTP surface, and the servers behind it. */
export class Bridge {
	/** Answers HTTP requests: `bridge.app.fetch` fits every runtime's server. */
	readonly app: Hono;
	readonly #log: Logger;
	readonly #servers = new Map<string, Server | FaultyServer>();
	/** Servers that are gone from the config and end. */
	readonly #removing = new Set<Promise<void>>();
	readonly #sessions: SessionStore<StreamableSession>;
	readonly #sseSessions: SessionStore<SseSession>;
	readonly #key: string | Uint8Array;
	readonly #gate: StartGate;
	readonly #keepAlive: KeepAlive;
	readonly #reaper: NodeJS.Timeout;
	readonly #unwatchGuardian: () => void;
	#config: BridgeConfig;
	#closing: Promise<void> | undefined;

	/**
	 * @param options.observers further ones beside the log, which hear of all that passes through the HTTP surface
	 * @param options.logLinesDropped how many lines of the log nobody took, for `/status` and `/metrics`
	 * @param options.connections of the listener, where it knows them
	 * @throws {ConfigError} where the environment gives a session key that is too short
	 */
	constructor(
		config: BridgeConfig,
		log: Logger,
		{
			observers = [],
			logLinesDropped = () => 0,
			connections = () => undefined,
		}: BridgeOptions = {},
	) {
		this.#config = config;
		this.#log = log;
		const kept = sessionKeyOf(config.sessionKey, process.env);
		this.#key = kept ?? randomBytes(32);
		this.#gate = new StartGate(config.maxStartingChildren);
		this.#keepAlive = new KeepAlive(config.keepAliveMs);
		for (const name of enabledServers(config)) this.#add(name);
		for (const entry of config.faulty) this.#addFaulty(entry);
		const counts = new RequestCounts();
		const observer = allOf([accessLog(log), counts, ...observers]);
		this.#sessions = new SessionStore(sessionEvents("streamable", observer));
		this.#sseSessions = new SessionStore(sessionEvents("sse", observer));
		let lastActivity = Date.now();
		const context: RouteContext = {
			config,
			find: (name) => this.#servers.get(name) ?? this.#findFolded(name),
			all: () => [...this.#servers.values()],
			sessionIds: new SessionIds(
				hmacSeal(keyFor("session", this.#key)),
				once(() => log.warn(foreignSession(kept !== undefined))),
			),
			sessions: this.#sessions,
			sseSessions: this.#sseSessions,
			streams: { keepAlive: this.#keepAlive },
			observer,
			counts,
			guardian: guardianStatus,
			defaultServer: () => this.#config.defaultServer,
			logLinesDropped,
			connections,
			closing: () => this.#closing !== undefined,
			lastActivity: () => lastActivity,
			touch: () => {
				lastActivity = Date.now();
			},
		};
		this.app = createApp(context, log);
		this.#unwatchGuardian = watchGuardian(guardianLog(log));
		this.#reaper = setInterval(
			() => this.#reap(),
			Math.min(reapIntervalMs, config.sessionIdleTimeoutMs),
		);
	}

	/** Starts the servers that are to be warm. Nothing waits for them. */
	start(): void {
		for (const server of this.#servers.values()) server.start();
	}

	/** The children that are starting, with how long they have been at it. */
	starting(): StartingChild[] {
		return [...this.#servers.values()].flatMap((server) => {
			const entry = this.#config.servers[server.name];
			if (!entry || !(server instanceof Server)) return [];
			return server
				.status()
				.children.flatMap(({ pid, state, uptimeMs = 0 }) =>
					state === "starting"
						? [{ server: server.name, entry, pid, forMs: uptimeMs }]
						: [],
				);
		});
	}

	/**
	 * Takes a changed config into force: servers that are new, changed or gone
	 * are started, restarted or ended, the others notice nothing.
	 *
	 * @returns what changed and takes a restart of the bridge: names of global options
	 */
	async reload(config: BridgeConfig): Promise<string[]> {
		if (this.#closing) return [];
		const before = this.#config;
		const drainMs = before.drainTimeoutMs;
		// Options of the HTTP surface are built into the routes.
		const { servers, defaultServer } = config;
		this.#config = { ...before, servers, faulty: config.faulty, defaultServer };
		const { faulty } = config;
		const enabled = enabledServers(config);
		const names = new Set([...enabled, ...faulty.map(({ name }) => name)]);
		const work: Promise<void>[] = [];
		for (const [name, server] of this.#servers) {
			if (names.has(name)) continue;
			this.#log.info({ server: name }, "removed");
			this.#servers.delete(name);
			work.push(this.#remove(server, drainMs));
		}
		for (const name of enabled) {
			const entry = config.servers[name];
			const server = this.#servers.get(name);
			if (!entry) continue;
			if (!(server instanceof Server)) {
				if (server) work.push(this.#remove(server, drainMs));
				this.#log.info({ server: name }, "added");
				this.#add(name).start();
			} else if (!isSame(entry, before.servers[name])) {
				this.#log.info({ server: name }, "changed: restarting it");
				work.push(server.reconfigure(entry, drainMs));
			}
		}
		for (const entry of faulty) {
			const server = this.#servers.get(entry.name);
			const old = before.faulty.find(({ name }) => name === entry.name);
			if (isSame(entry, old)) continue;
			if (server) work.push(this.#remove(server, drainMs));
			this.#addFaulty(entry);
		}
		await Promise.all(work);
		return globalOptions(config).filter(
			(name) => !isSame(config[name], before[name]),
		);
	}

	/** Ends it: what is in flight gets `drainTimeoutMs`, then streams, sessions and children end. */
	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		clearInterval(this.#reaper);
		const { drainTimeoutMs } = this.#config;
		const stopping = [...this.#servers.values()].map((server) =>
			server.stop(drainTimeoutMs),
		);
		await Promise.all([...stopping, ...this.#removing]);
		this.#unwatchGuardian();
		this.#keepAlive.close();
		for (const session of this.#sessions.takeAll()) session.close();
		for (const session of this.#sseSessions.takeAll()) session.close();
	}

	/** Ends a server and its sessions. Another of the same name may come before it is gone: by then none of them is found any more. */
	#remove(server: Server | FaultyServer, drainMs: number): Promise<void> {
		const sessions = [
			...this.#sessions.takeAll(server.name),
			...this.#sseSessions.takeAll(server.name),
		];
		const removing = server.stop(drainMs).then(() => {
			for (const session of sessions) session.close();
			this.#removing.delete(removing);
		});
		this.#removing.add(removing);
		return removing;
	}

	#add(name: string): Server {
		const entry = this.#config.servers[name];
		if (!entry) throw new Error(`No entry for server "${name}"`);
		const identity = { name: "mcp-edge-bridge", version };
		const seal = hmacSeal(keyFor("request state", this.#key));
		const server = new Server(
			name,
			entry,
			identity,
			seal,
			this.#gate,
			this.#log,
		);
		this.#servers.set(name, server);
		return server;
	}

	#addFaulty(entry: FaultyEntry): void {
		const server = new FaultyServer(entry);
		const { code, reason } = server.failure;
		this.#log.error(
			{ server: entry.name, code },
			`Server "${entry.name}" ${reason}`,
		);
		this.#servers.set(entry.name, server);
	}

	/** Names may be written in any case; where two differ in that alone, the second is faulty. */
	#findFolded(name: string): Server | FaultyServer | undefined {
		const folded = foldName(name);
		const found = [...this.#servers.values()].filter(
			(server) => foldName(server.name) === folded,
		);
		return found.find((server) => server instanceof Server) ?? found[0];
	}

	#reap(): void {
		const before = Date.now() - this.#config.sessionIdleTimeoutMs;
		this.#sessions.reap(before);
		// A broken stream with a call that is never answered: any other ends by itself.
		this.#sseSessions.reap(before);
	}
}

function enabledServers({ servers }: BridgeConfig): string[] {
	return Object.keys(servers).filter((name) => servers[name]?.enabled);
}

function globalOptions(config: BridgeConfig) {
	return (Object.keys(config) as (keyof BridgeConfig)[]).filter(
		(name) => !["servers", "faulty", "defaultServer"].includes(name),
	);
}

/** What becomes of the process that ends what a killed bridge leaves. */
function guardianLog(log: Logger): GuardianEvents {
	return {
		missing(reason, retryMs) {
			log.warn(
				`the guardian, the process that ends the children of a bridge that is killed, ${reason}: it is started again ${retryMs === 0 ? "now" : `in ${retryMs} ms`}`,
			);
		},
		back: (pid) => log.info({ pid }, "there is a guardian again"),
		swept: (pids) =>
			log.warn(
				{ pids },
				"ended processes that a bridge had left that was killed together with its guardian",
			),
	};
}

/** What the store of one transport's sessions tells. */
function sessionEvents(
	transport: "streamable" | "sse",
	observer: Observer,
): SessionEvents {
	return {
		added: ({ server }, session) =>
			observer.sessionOpened({ server, transport, session }),
		gone: ({ server }, session) =>
			observer.sessionEnded({ server, transport, session }),
	};
}

/** Configs are plain data. */
function isSame(one: unknown, other: unknown): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

/** Why a client's session is not known, as far as the bridge can tell. */
function foreignSession(hasKey: boolean): string {
	return hasKey
		? "a client came with a session that was sealed with another key: it has to initialize again (all bridges that share sessions need the same session key)"
		: 'a client came with a session of before the bridge was started: it has to initialize again (set "sessionKey", or MCP_EDGE_BRIDGE_SESSION_KEY, and sessions outlive the bridge)';
}

/** A function that does its work the first time only. */
function once(work: () => void): () => void {
	let done = false;
	return () => {
		if (!done) work();
		done = true;
	};
}
