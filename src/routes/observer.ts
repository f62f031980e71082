import type { Context, MiddlewareHandler } from "hono";
import { ErrorCode } from "../protocol/error-codes.ts";
import {
	type ErrorObject,
	type Id,
	isMembers,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import { clientAddress } from "./client-address.ts";
import { type MessageOrigin, noteArrival } from "./message-origin.ts";
import { pathOfRequest } from "./request-url.ts";
import { traceIdOfRefused } from "./trace-id.ts";

/** An HTTP request that was not served. */
export interface Refused {
	server?: string | undefined;
	/** Of HTTP. */
	method: string;
	/** Without the query, which holds session ids; as the client wrote it. */
	path: string;
	status: number;
	/** Of the JSON-RPC error. */
	code: number;
	/** The option that is the bound, where one was reached. */
	limit?: string | undefined;
	/** Holds nothing of the body. */
	reason: string;
	/** The client's address, where it is known. */
	client?: string | undefined;
	/** The session's whole id, which is a secret. */
	session?: string | undefined;
	/** The JSON-RPC request's id, where it could be read. */
	request?: Id | undefined;
	trace?: string | undefined;
	/** The HTTP status was 202, and the refusal went out as an error on the session's stream. */
	isOnStream: boolean;
}

/** How a request ended; `cancelled` is by its client, also by its going away, `tool-error` a result with `isError`. */
export type Outcome =
	| "ok"
	| "error"
	| "tool-error"
	| "input-required"
	| "cancelled";

/** A request of a client that has its answer. */
export interface Answered {
	server: string;
	/** Of MCP. */
	method: string;
	/** The tool or prompt, where the request names one. */
	name?: string | undefined;
	outcome: Outcome;
	/** Of the JSON-RPC error, where that is the answer. */
	code?: number | undefined;
	/** The stable code of an error of the bridge's own, such as `CHILD_EXITED`. */
	reason?: string | undefined;
	/** From its coming in to its answer. */
	ms: number;
	/** The session's whole id, which is a secret. */
	session?: string | undefined;
	request: Id;
	trace?: string | undefined;
}

/** A session that began or ended. */
export interface SessionNote {
	server: string;
	transport: "streamable" | "sse";
	/** Its whole id, which is a secret. */
	session: string;
}

/** An HTTP request whose response has begun. */
export interface Responded {
	server?: string | undefined;
	/** Of HTTP. */
	method: string;
	/** Without the query. */
	path: string;
	status: number;
}

/** Whose requests they are. */
export interface Asker {
	server: string;
	session?: string | undefined;
}

/** A request that is followed from its coming in to its answer. */
export interface Followed {
	/** As it goes on: with what tells a child which trace it belongs to. */
	readonly request: Request;
	readonly traceId: string;
	/**
	 * @param heardAt when the answer came from the server, in ms of `performance.now()`; by now it has gone out
	 */
	answered(answer: Response, outcome: Outcome, heardAt: number): void;
}

/** Who wants to know what passes through the HTTP surface. Nothing here may throw. */
export interface Observer {
	/** Whether `answered` is of any use now: where nobody wants it, requests cost nothing more. */
	readonly watchesRequests: boolean;
	/** Whether it wants the `trace` of those, for which headers and bodies have to be looked at. */
	readonly readsTraces?: boolean;
	refused(refused: Refused): void;
	answered(answered: Answered): void;
	/** A client was given a list of tools, or a page of one. Only where `watchesRequests`. */
	toolsListed?(server: string, tools: readonly unknown[]): void;
	responded?(responded: Responded): void;
	sessionOpened(note: SessionNote): void;
	sessionEnded(note: SessionNote): void;
	/** Called with each request that comes in, before it goes on. Of several observers one may have it. */
	follow?(
		request: Request,
		origin: MessageOrigin | undefined,
		asker: Asker,
	): Followed;
}

/** Several as one. */
export function allOf(observers: readonly Observer[]): Observer {
	const follower = observers.find((each) => each.follow);
	return {
		...(follower?.follow && { follow: follower.follow.bind(follower) }),
		get watchesRequests() {
			return observers.some((each) => each.watchesRequests);
		},
		get readsTraces() {
			return observers.some((each) => each.readsTraces);
		},
		refused: (refused) => {
			for (const each of observers) each.refused(refused);
		},
		answered: (answered) => {
			for (const each of observers) {
				if (each.watchesRequests) each.answered(answered);
			}
		},
		toolsListed: (server, tools) => {
			for (const each of observers) each.toolsListed?.(server, tools);
		},
		responded: (responded) => {
			for (const each of observers) each.responded?.(responded);
		},
		sessionOpened: (note) => {
			for (const each of observers) each.sessionOpened(note);
		},
		sessionEnded: (note) => {
			for (const each of observers) each.sessionEnded(note);
		},
	};
}

/** Whether somebody wants to know of requests. */
export function isWatched({ watchesRequests, follow }: Observer): boolean {
	return watchesRequests || follow !== undefined;
}

const key = "observer";

/** Has what refuses a request further in tell the observer, and tells of each response. */
export function observed(observer: Observer): MiddlewareHandler {
	return async (c, next) => {
		c.set(key, observer);
		if (observer.follow) noteArrival(c);
		await next();
		const { method, path } = c.req;
		const { status } = c.res;
		observer.responded?.({ server: serverOf(c), method, path, status });
	};
}

function serverOf(c: Context): string | undefined {
	return (c.var as { server?: { name: string } }).server?.name;
}

/** Tells of a request that is refused. */
export function noteRefusal(
	c: Context,
	status: number,
	error: ErrorObject,
	id?: Id | null,
	isOnStream = false,
): void {
	const observer = c.get(key) as Observer | undefined;
	if (!observer) return;
	observer.refused({
		server: serverOf(c),
		method: c.req.method,
		path: pathOfRequest(c),
		status,
		code: error.code,
		limit: limitOf(status, error),
		reason: withoutPayload(error),
		client: clientAddress(c),
		session:
			c.req.header("mcp-session-id") ||
			c.req.query("session_id") ||
			c.req.query("sessionId"),
		request: id ?? undefined,
		trace: traceIdOfRefused(c, id),
		isOnStream,
	});
}

/** An error of a server, which may say anything, goes out with 400 or 404, and no bound does. */
function limitOf(status: number, { data }: ErrorObject): string | undefined {
	if (status === 400 || status === 404 || !isMembers(data)) return undefined;
	return typeof data.limit === "string" ? data.limit : undefined;
}

/** Two errors quote what the client sent. */
function withoutPayload({
	code,
	message,
}: Pick<ErrorObject, "code" | "message">): string {
	if (code === ErrorCode.parseError) return message.split(":", 1)[0] ?? "";
	return code === ErrorCode.headerMismatch
		? `${message.split('"', 1)[0]}…`
		: message;
}
