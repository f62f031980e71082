import type { Context, MiddlewareHandler } from "hono";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { ErrorObject, Id } from "../protocol/messages.ts";
import { clientAddress } from "./client-address.ts";
import { traceIdOfHeader } from "./trace-id.ts";

/** An HTTP request that was not served. */
export interface Refused {
	server?: string | undefined;
	/** Of HTTP. */
	method: string;
	/** Without the query, which holds session ids; as the client wrote it. */
	path: string;
	status: number;
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

/** How a request ended; `cancelled` is by its client, `tool-error` a result with `isError`. */
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

/** Who wants to know what passes through the HTTP surface. Nothing here may throw. */
export interface Observer {
	/** Whether `answered` is of any use now: where nobody wants it, requests cost nothing more. */
	readonly watchesRequests: boolean;
	refused(refused: Refused): void;
	answered(answered: Answered): void;
	sessionOpened(note: SessionNote): void;
	sessionEnded(note: SessionNote): void;
}

/** Several as one. */
export function allOf(observers: readonly Observer[]): Observer {
	return {
		get watchesRequests() {
			return observers.some((each) => each.watchesRequests);
		},
		refused: (refused) => {
			for (const each of observers) each.refused(refused);
		},
		answered: (answered) => {
			for (const each of observers) {
				if (each.watchesRequests) each.answered(answered);
			}
		},
		sessionOpened: (note) => {
			for (const each of observers) each.sessionOpened(note);
		},
		sessionEnded: (note) => {
			for (const each of observers) each.sessionEnded(note);
		},
	};
}

const key = "observer";

/** Has what refuses a request further in tell the observer. */
export function observed(observer: Observer): MiddlewareHandler {
	return (c, next) => {
		c.set(key, observer);
		return next();
	};
}

/** Tells of a request that is refused. */
export function noteRefusal(
	c: Context,
	status: number,
	error: Pick<ErrorObject, "code" | "message">,
	id?: Id | null,
	isOnStream = false,
): void {
	const observer = c.get(key) as Observer | undefined;
	if (!observer) return;
	const { server } = c.var as { server?: { name: string } };
	observer.refused({
		server: server?.name,
		method: c.req.method,
		path: new URL(c.req.url).pathname,
		status,
		reason: withoutPayload(error),
		client: clientAddress(c),
		session:
			c.req.header("mcp-session-id") ||
			c.req.query("session_id") ||
			c.req.query("sessionId"),
		request: id ?? undefined,
		trace: traceIdOfHeader(c.req.header("traceparent")),
		isOnStream,
	});
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
