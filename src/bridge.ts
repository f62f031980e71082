import { randomBytes } from "node:crypto";
import type { Hono } from "hono";
import type { Logger } from "pino";
import { createApp } from "./app.ts";
import type { BridgeConfig } from "./config/resolve-config.ts";
import { KeepAlive } from "./routes/event-stream.ts";
import type { RouteContext } from "./routes/route-context.ts";
import { SessionStore } from "./routes/session-store.ts";
import type { SseSession } from "./routes/sse-session.ts";
import type { StreamableSession } from "./routes/streamable-session.ts";
import { hmacSeal } from "./spawn/hmac-seal.ts";
import { Server } from "./spawn/server.ts";
import { version } from "./version.ts";

const reapIntervalMs = 30_000;

/** A running bridge: its HTTP surface, and the servers behind it. */
export class Bridge {
	/** Answers HTTP requests: `bridge.app.fetch` fits every runtime's server. */
	readonly app: Hono;
	readonly #log: Logger;
	readonly #servers = new Map<string, Server>();
	readonly #sessions = new SessionStore<StreamableSession>();
	readonly #sseSessions = new SessionStore<SseSession>();
	readonly #seal = hmacSeal(randomBytes(32));
	readonly #keepAlive: KeepAlive;
	readonly #reaper: NodeJS.Timeout;
	#config: BridgeConfig;
	#closing: Promise<void> | undefined;

	constructor(config: BridgeConfig, log: Logger) {
		this.#config = config;
		this.#log = log;
		this.#keepAlive = new KeepAlive(config.keepAliveMs);
		for (const name of enabledServers(config)) this.#add(name);
		let lastActivity = Date.now();
		const context: RouteContext = {
			config,
			find: (name) => this.#servers.get(name.toLowerCase()),
			all: () => [...this.#servers.values()],
			sessions: this.#sessions,
			sseSessions: this.#sseSessions,
			streams: {
				maxStreamBufferBytes: config.maxStreamBufferBytes,
				keepAlive: this.#keepAlive,
			},
			defaultServer: () => this.#config.defaultServer,
			closing: () => this.#closing !== undefined,
			lastActivity: () => lastActivity,
			touch: () => {
				lastActivity = Date.now();
			},
		};
		this.app = createApp(context, log);
		this.#reaper = setInterval(
			() => this.#reap(),
			Math.min(reapIntervalMs, config.sessionIdleTimeoutMs),
		);
	}

	/** Starts the servers that are to be warm. Nothing waits for them. */
	start(): void {
		for (const server of this.#servers.values()) server.start();
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
		this.#config = { ...before, servers, defaultServer };
		const names = new Set(enabledServers(config));
		const work: Promise<void>[] = [];
		for (const [key, server] of this.#servers) {
			if (names.has(server.name)) continue;
			this.#log.info({ server: server.name }, "removed");
			this.#servers.delete(key);
			this.#sessions.endAll(server.name);
			this.#sseSessions.endAll(server.name);
			work.push(server.stop(drainMs));
		}
		for (const name of names) {
			const entry = config.servers[name];
			const server = this.#servers.get(name.toLowerCase());
			if (!entry) continue;
			if (!server) {
				this.#log.info({ server: name }, "added");
				this.#add(name).start();
			} else if (!isSame(entry, before.servers[name])) {
				this.#log.info({ server: name }, "changed: restarting it");
				work.push(server.reconfigure(entry, drainMs));
			}
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
		await Promise.all(stopping);
		this.#keepAlive.close();
		this.#sessions.endAll();
		this.#sseSessions.endAll();
	}

	#add(name: string): Server {
		const entry = this.#config.servers[name];
		if (!entry) throw new Error(`No entry for server "${name}"`);
		const identity = { name: "mcp-edge-bridge", version };
		const server = new Server(name, entry, identity, this.#seal, this.#log);
		this.#servers.set(name.toLowerCase(), server);
		return server;
	}

	#reap(): void {
		const before = Date.now() - this.#config.sessionIdleTimeoutMs;
		this.#sessions.reap(before);
	}
}

function enabledServers({ servers }: BridgeConfig): string[] {
	return Object.keys(servers).filter((name) => servers[name]?.enabled);
}

function globalOptions(config: BridgeConfig) {
	return (Object.keys(config) as (keyof BridgeConfig)[]).filter(
		(name) => name !== "servers" && name !== "defaultServer",
	);
}

/** Configs are plain data. */
function isSame(one: unknown, other: unknown): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}
