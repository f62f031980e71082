import type { BridgeConfig } from "../config/resolve-config.ts";
import type { Client } from "../protocol/client.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import type { Histogram } from "../protocol/histogram.ts";
import type { ModernClient } from "../protocol/meta.ts";
import type { Mirrored } from "../protocol/parameter-headers.ts";
import type { Peer } from "../protocol/peer.ts";
import type {
	GuardianStatus,
	Probe,
	ServerFailure,
} from "../protocol/server-health.ts";
import type { SessionIds } from "../seal/session-ids.ts";
import type { EventStreamOptions, KeepAlive } from "./event-stream.ts";
import type { Observer } from "./observer.ts";
import type { RequestCounts } from "./operations/metrics/request-counts.ts";
import type { SessionStore } from "./session-store.ts";
import type { SseSession } from "./sse/sse-session.ts";
import type { StreamableSession } from "./streamable/streamable-session.ts";

/** One server as the routes see it: something that gives a Peer, and says how it is. */
export interface Served {
	readonly name: string;
	/** Each session costs a process: legacy requests without one are not served. */
	readonly needsSession: boolean;
	/** The peer for a legacy client. */
	open(client: Client): Peer;
	/** The peer for one request of a modern client. */
	openModern(client: ModernClient): Peer;
	/** Which parameters of a tool a modern client has to mirror in headers. Waits until the server has said so; never rejects. */
	mirrored(client: ModernClient, tool: unknown): Promise<Mirrored>;
	/** Whether the server says that it has a method of the specification. */
	offers(method: string): boolean;
	/** Counts a message that had nobody to go to. */
	dropped(kind: DropKind): void;
	/** Counts a bound that was reached: the option's name. */
	limitReached(limit: string): void;
	/** How many requests of all clients are not answered yet. */
	readonly unanswered: number;
	/** How many may be. */
	readonly maxRequests: number;
	/** Counts one request of a modern client, until the returned function is called. */
	reserve(): () => void;
	/** Why the last start, or the last child, failed, where none is ready since. */
	readonly failure: ServerFailure | undefined;
	/** Starts it where it is not running, and lists its tools as a client does. Never rejects. */
	probe(): Promise<Probe>;
	status(): { state: string } & Record<string, unknown>;
	metrics(): ServerMetrics;
}

/** Figures of one server: what is now, and counts since the bridge started. */
export interface ServerMetrics {
	/** Requests of clients that are not answered yet. */
	unanswered: number;
	/** Those of them that a child has. */
	inFlight: number;
	/** Messages that wait for a child. */
	waiting: number;
	suspendedCalls: number;
	/** Processes that are starting or ready. */
	children: number;
	spawned: number;
	noiseLines: number;
	repaired: Record<string, number>;
	retried: number;
	dropped: Record<string, number>;
	limitsReached: Record<string, number>;
	/** Messages in the longest line that waits for one child. */
	longestQueue: number;
	/** Children that died or could not be started, by the code of the reason. */
	childFailures: Record<string, number>;
	/** Children that the bridge ended, by what they ended at. */
	stops: Record<string, number>;
	/** From the start of each child that got ready until then, in s; none where no child can be started. */
	startTimes: Histogram | undefined;
	/** Those of its options that are bounds of the above. */
	limits: Record<string, number>;
}

/** What the program around the bridge counts. */
export interface HostFigures {
	/** How many lines of the log were dropped, since nobody took them. */
	logLinesDropped(): number;
	/** Figures of the connections; undefined where they are not counted, and so not bounded. */
	connections(): ConnectionFigures | undefined;
}

/** What became of connections: those that are open, those without a request that were closed to make room, and those refused. */
export interface ConnectionFigures {
	open: number;
	max: number;
	closedIdle: number;
	refused: number;
}

/** What all routes of one bridge work with. */
export interface RouteContext extends HostFigures {
	config: BridgeConfig;
	/** By name, in any case. */
	find(name: string): Served | undefined;
	/** The enabled servers, in the order of the config. */
	all(): Served[];
	/** The server at the paths that name none: it may change while the bridge runs. */
	defaultServer(): string | undefined;
	sessionIds: SessionIds;
	sessions: SessionStore<StreamableSession>;
	sseSessions: SessionStore<SseSession>;
	streams: { keepAlive: KeepAlive };
	/** Hears of refusals, requests and sessions. */
	observer: Observer;
	/** What was counted of them, for /metrics. */
	counts: RequestCounts;
	/** The process that ends what a killed bridge leaves. */
	guardian(): GuardianStatus;
	/** The bridge is about to end, or ended. */
	closing(): boolean;
	/** When the last request came in, in ms since 1970. */
	lastActivity(): number;
	/** A message has come in. */
	touch(): void;
}

/** What the routes of one server find in their Hono context. */
export interface ServerEnv {
	Variables: {
		server: Served;
		/** Of the request, where it had to be read to know its length. */
		body?: Uint8Array;
	};
}

/** What the event streams of one server's clients need to know. */
export function streamOptions(
	{ streams, config }: RouteContext,
	server: Served,
): EventStreamOptions {
	return {
		keepAlive: streams.keepAlive,
		maxStreamBufferBytes: config.maxStreamBufferBytes,
		limitReached: (limit) => server.limitReached(limit),
	};
}
