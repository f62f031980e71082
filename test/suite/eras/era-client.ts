import type { Json } from "../../harness/clients.ts";
import type { Message } from "../../harness/raw-http.ts";

/** The two kinds of revisions: with an `initialize` handshake, or without. */
export const eras = ["legacy", "modern"] as const;
export type Era = (typeof eras)[number];

/** One client of each revision; the oldest comes by HTTP+SSE, the others by Streamable HTTP. */
export const clientRevisions = [
	"2024-11-05",
	"2025-03-26",
	"2025-06-18",
	"2025-11-25",
	"2026-07-28",
] as const;
export type ClientRevision = (typeof clientRevisions)[number];

export function eraOf(revision: ClientRevision): Era {
	return revision === "2026-07-28" ? "modern" : "legacy";
}

/** What a server wants to know of its client. */
export interface Question {
	method: string;
	params: Json;
}

/** The answer to one request, as it was on the wire, and what came before it. */
export interface Reply {
	/** Of the HTTP response, where that carries the answer alone. */
	status?: number;
	result?: Json;
	error?: NonNullable<Message["error"]>;
	/** Progress, log messages and whatever else came with it. */
	notifications: Message[];
	/** What the client was asked, and has answered, in order. */
	questions: Question[];
}

export interface AskOptions {
	/** Wants progress, under this token. */
	progressToken?: string | number;
	/** More keys of `_meta`. */
	meta?: Json;
}

/** A request that is in flight. */
export interface Running {
	/** Its first progress. */
	progress(): Promise<Message>;
	answer(): Promise<Message>;
	/** Gives it up; gives the reason that the server has to see, where the revision lets a client give one. */
	cancel(reason: string): Promise<string | undefined>;
}

/** Which changes to hear of: those of all lists, or those of one resource. */
export type Changes = "lists" | { uri: string };

/** Hears of changes. */
export interface Following {
	/** The first notification of this method. */
	heard(method: string): Promise<Message>;
	/** All of this method so far. */
	soFar(method: string): Message[];
	/** Wants to hear no more. */
	stop(): Promise<void>;
}

/** Who a server is, whichever request tells. */
export interface ServerIdentity {
	serverInfo: Json;
	capabilities: Json;
	instructions: unknown;
	/** The revisions that the client may speak by what it was told. */
	revisions: readonly string[];
}

/** A client of any revision, as far as all have something in common. Whatever it is asked it answers by `answerTo`. */
export interface EraClient {
	readonly revision: ClientRevision;
	/** What the server says of itself. */
	identity(): Promise<ServerIdentity>;
	/** Sends a request, and answers what the server asks meanwhile. */
	ask(method: string, params?: Json, options?: AskOptions): Promise<Reply>;
	/** Sends a request that asks for progress, and does not wait for the answer. */
	begin(method: string, params: Json): Promise<Running>;
	/** Wants log messages from this level on, with each request from now on. */
	setLogLevel(level: string): Promise<void>;
	follow(changes: Changes): Promise<Following>;
	/** Sends a notification; gives the status of the HTTP response. */
	tell(method: string, params: Json): Promise<number>;
	close(): Promise<void>;
}
