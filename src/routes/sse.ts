import { type Context, Hono } from "hono";
import { foreignToLegacy } from "../protocol/eras/era-of.ts";
import { anonymous } from "../protocol/eras/meta.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { handshake } from "../protocol/handshake.ts";
import { isRequest } from "../protocol/messages.ts";
import { legacyRevisions, unsupportedRevision } from "../protocol/revisions.ts";
import { EventStream } from "./event-stream.ts";
import { httpError } from "./http-error.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { publicPath } from "./public-path.ts";
import { readMessages } from "./read-messages.ts";
import {
	refuseRequests,
	refuseSession,
	refuseStream,
	refuseWhileClosing,
} from "./refusals.ts";
import {
	type RouteContext,
	type ServerEnv,
	streamOptions,
} from "./route-context.ts";
import type { SessionOpening } from "./session-ids.ts";
import { SseSession } from "./sse-session.ts";

/** After this long an EventSource opens a stream again that broke; by itself it would wait for 3 s. */
const retryMs = 500;
/** How long a message waits for its client's stream to come back. */
const reopeningMs = 2000;

/**
 * GET /sse: opens a session; its first event names the endpoint for the client's
 * messages (2024-11-05, transports, 'HTTP with SSE'). An EventSource whose stream
 * broke says by `Last-Event-ID` which session was its own, and goes on with it.
 */
export function sse(context: RouteContext) {
	const { sseSessions, sessionIds } = context;
	const app = new Hono<ServerEnv>().get("/", (c) => {
		const { server } = c.var;
		// Hono serves HEAD by the handler of GET: nobody would read what that opens.
		if (c.req.method === "HEAD") return c.body(null, 405, { Allow: "GET" });
		const of = {
			server: server.name,
			transport: "sse",
			principal: anonymous,
		} as const;
		const lastEventId = c.req.header("last-event-id");
		const before = lastEventId && sessionIds.open(lastEventId, of);
		const facts = before || sessionIds.begin(of.server, "sse", of.principal);
		// The endpoint stays the same when more is known of the client: messages may be under way to it.
		const id = sessionIds.issue({ ...facts, opening: undefined });
		const known = sseSessions.find(server.name, id);
		if (context.closing() && isComingBack(c)) return comeBackLater(c, context);
		const refusal =
			(known?.active ? undefined : refuseStream(c, context)) ??
			(known ? undefined : refuseSession(c, context, of.principal));
		if (refusal) return refusal;

		const idFor = (opening: SessionOpening | undefined) =>
			sessionIds.issue({ ...facts, opening });
		const session: SseSession =
			known ??
			new SseSession(
				handshake((client) => server.open(client), facts.opening?.client),
				{
					opening: facts.opening,
					idFor,
					maxKeptBytes: context.config.historyBytes,
					finished: () => sseSessions.forget(id, session),
				},
			);
		const connection: EventStream = new EventStream(
			streamOptions(context, server),
			() => session.leave(connection),
		);
		const endpoint = c.req.path.replace(/\/sse\/?$/, "/messages");
		connection.send({
			event: "endpoint",
			// Root-relative: some clients refuse another origin, others resolve it against their own base.
			data: `${publicPath(c, context.config.trustProxy, endpoint)}?session_id=${id}`,
			id: idFor(session.opening),
			retryMs,
		});
		session.attach(connection);
		if (!known) sseSessions.add(of, id, session);
		return connection.response(c);
	});
	return app.all("/", methodNotAllowed("GET"));
}

/** Whether it is an EventSource whose stream broke: a client that is new says neither. */
function isComingBack(c: Context): boolean {
	return (
		c.req.header("last-event-id") !== undefined ||
		c.req.header("mcp-protocol-version") !== undefined
	);
}

/** An EventSource gives up at any status but 200: it is told to come back, to the bridge that comes after this one. */
function comeBackLater(
	c: Context<ServerEnv>,
	context: RouteContext,
): Response | Promise<Response> {
	const connection = new EventStream(
		streamOptions(context, c.var.server),
		() => {},
	);
	connection.end();
	return connection.response(c);
}

/** POST /messages?session_id=…: takes a message; what comes back goes to the session's stream. */
export function messages(context: RouteContext) {
	const { sseSessions, sessionIds } = context;
	/** A client that reconnects may post before its stream is there again. */
	const reopened = async (server: string, id: string) => {
		const of = { server, transport: "sse", principal: anonymous } as const;
		const isAwaited = !context.closing() && sessionIds.open(id, of);
		return isAwaited ? sseSessions.whenAdded(id, reopeningMs) : undefined;
	};
	const app = new Hono<ServerEnv>().post("/", async (c) => {
		const { server } = c.var;
		const id = c.req.query("session_id") ?? c.req.query("sessionId");
		if (id === undefined) {
			return httpError(c, 400, {
				code: ErrorCode.invalidRequest,
				message: `The query has no "session_id" (GET ${c.req.path.replace(/messages\/?$/, "sse")} and post to the endpoint that its first event names)`,
			});
		}
		const { bodyTimeoutMs } = context.config;
		const find = () => sseSessions.find(server.name, id);
		const revisionOf = () => find()?.revision ?? legacyRevisions[0];
		const body = await readMessages(c, bodyTimeoutMs, revisionOf);
		if (body instanceof Response) return body;
		// Not before: while the body came the stream may have broken, and have come back.
		const session = find() ?? (await reopened(server.name, id));
		if (!session) {
			return (
				refuseWhileClosing(c, context) ??
				httpError(c, 404, {
					code: ErrorCode.sessionNotFound,
					message:
						"There is no such session (its stream was closed: open a new one)",
				})
			);
		}
		for (const message of body.messages) {
			const foreign = foreignToLegacy(message, (name) => c.req.header(name));
			if (foreign === undefined) continue;
			const error = unsupportedRevision(foreign, legacyRevisions);
			return httpError(c, 400, error, isRequest(message) ? message.id : null);
		}
		const requests = body.messages.filter(isRequest);
		const refusal = refuseRequests(c, context, requests, session);
		if (refusal) return refusal;
		// Queued for the child before the 202, so that requests posted in order stay in order.
		for (const message of body.messages) session.take(message);
		return c.body(null, 202);
	});
	return app.all("/", methodNotAllowed("POST"));
}
