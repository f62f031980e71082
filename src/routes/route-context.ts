import type { BridgeConfig } from "../config/resolve-config.ts";
import type { ModernClient } from "../protocol/eras/meta.ts";
import type { Client } from "../protocol/handshake.ts";
import type { Peer } from "../protocol/peer.ts";
import type { EventStreamOptions } from "./event-stream.ts";
import type { SessionStore } from "./session-store.ts";
import type { SseSession } from "./sse-session.ts";
import type { StreamableSession } from "./streamable-session.ts";

/** One server as the routes see it: something that gives a Peer, and says how it is. */
export interface Served {
	readonly name: string;
	/** Each session costs a process: legacy requests without one are not served. */
	readonly needsSession: boolean;
	/** The peer for a legacy client. */
	open(client: Client): Peer;
	/** The peer for one request of a modern client. */
	openModern(client: ModernClient): Peer;
	/** Another number whenever the server's tools may be others than before. */
	readonly toolsVersion: number;
	/** Whether the server says that it has a method of the specification. */
	offers(method: string): boolean;
	/** Counts a message that had nobody to go to. */
	dropped(kind: string): void;
	/** Why the last start, or the last child, failed, where none is ready since. */
	readonly failure:
		| { code: string; reason: string; stderr: string[] }
		| undefined;
	status(): { state: string } & Record<string, unknown>;
}

/** What all routes of one bridge work with. */
export interface RouteContext {
	config: BridgeConfig;
	/** By name, in any case. */
	find(name: string): Served | undefined;
	/** The enabled servers, in the order of the config. */
	all(): Served[];
	/** The server at the paths that name none: it may change while the bridge runs. */
	defaultServer(): string | undefined;
	sessions: SessionStore<StreamableSession>;
	sseSessions: SessionStore<SseSession>;
	streams: EventStreamOptions;
	/** The bridge is about to end, or ended. */
	closing(): boolean;
	/** When the last request came in, in ms since 1970. */
	lastActivity(): number;
	/** A message has come in. */
	touch(): void;
}

/** What the routes of one server find in their Hono context. */
export interface ServerEnv {
	Variables: { server: Served };
}

/** Whether no further session may be opened. */
export function isFull(context: RouteContext): boolean {
	return (
		context.sessions.size + context.sseSessions.size >=
		context.config.maxSessions
	);
}
