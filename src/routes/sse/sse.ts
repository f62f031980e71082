import { type Context, Hono } from "hono";
import { foreignToLegacy } from "../../eras/era-of.ts";
import { handshake } from "../../eras/handshake.ts";
import { ErrorCode } from "../../protocol/error-codes.ts";
import { isId, isRequest, type Request } from "../../protocol/messages.ts";
import { anonymous } from "../../protocol/meta.ts";
import {
	legacyRevisions,
	modernRevision,
	unsupportedRevision,
} from "../../protocol/revisions.ts";
import type { SessionOpening } from "../../seal/session-ids.ts";
import { EventStream } from "../event-stream.ts";
import { methodNotAllowed } from "../guards/method-not-allowed.ts";
import {
	refuseRequests,
	refuseSession,
	refuseStream,
	refuseWhileClosing,
} from "../guards/refusals.ts";
import { httpError, type Refuse } from "../http-error.ts";
import { originOf } from "../message-origin.ts";
import { observedRequests } from "../observed-request.ts";
import { noteRefusal } from "../observer.ts";
import { publicPath } from "../public-path.ts";
import { readMessages } from "../read-messages.ts";
import { pathOfRequest } from "../request-url.ts";
import {
	type RouteContext,
	type ServerEnv,
	streamOptions,
} from "../route-context.ts";
import { noteRequests } from "../trace-id.ts";
import { SseSession } from "./sse-session.ts";

/** How long a message waits for its client's stream to come back: an EventSource opens a broken one again after 3 s. */
const reopeningMs = 4000;

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
		if (c.req.method === "HEAD") {
			noteRefusal(c, 405, {
				code: ErrorCode.invalidRequest,
				message: "HEAD is not possible",
			});
			return c.body(null, 405, { Allow: "GET" });
		}
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
					observe: observedRequests(context.observer, {
						server: server.name,
						session: id,
					}),
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
		// As the client has written it: a server's name may be percent-encoded in it, or not.
		const endpoint = pathOfRequest(c).replace(/\/sse\/?$/, "/messages");
		// Never with `retry`, by which an EventSource would be back sooner: Java's SDK takes a line that is none of event, data and id for an error.
		connection.send({
			event: "endpoint",
			// Root-relative: some clients refuse another origin, others resolve it against their own base.
			data: `${publicPath(c, context.config.trustProxy, endpoint)}?session_id=${id}`,
			id: idFor(session.opening),
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

/**
 * POST /messages?session_id=…: takes a message; what comes back goes to the session's stream, and so does the error of a
 * request that is refused.
 */
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
		const id = c.req.query("session_id") || c.req.query("sessionId");
		if (!id) {
			return httpError(c, 400, {
				code: ErrorCode.invalidRequest,
				message: `The query has no "session_id" (GET ${c.req.path.replace(/messages\/?$/, "sse")} and post to the endpoint that its first event names)`,
			});
		}
		const { bodyTimeoutMs } = context.config;
		const find = () => sseSessions.find(server.name, id);
		const revisionOf = () => find()?.revision ?? legacyRevisions[0];
		const body = await readMessages(
			c,
			bodyTimeoutMs,
			revisionOf,
			(...refusal) => onStream(find())(...refusal),
		);
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
		const requests = body.messages.filter(isRequest);
		noteRequests(c, requests);
		const refuse = onStream(session, requests);
		const [foreign] = body.messages.flatMap(
			(message) => foreignToLegacy(message, (name) => c.req.header(name)) ?? [],
		);
		if (foreign === modernRevision && !body.batch && requests.length === 0) {
			server.dropped("notification-of-modern-client");
			return c.body(null, 202);
		}
		if (foreign !== undefined) {
			const error = unsupportedRevision(foreign, legacyRevisions);
			return refuse(c, 400, error, requests[0]?.id);
		}
		const refusal = refuseRequests(c, context, requests, session, refuse);
		if (refusal) return refusal;
		// Queued for the child before the 202, so that requests posted in order stay in order.
		const origin = originOf(c, context.observer);
		for (const message of body.messages) session.take(message, origin);
		return c.body(null, 202);
	});
	return app.all("/", methodNotAllowed("POST"));
}

/**
 * Refuses requests where their client reads answers: with 202, and an error for each on the session's stream. At a status
 * some clients give up the connection and others wait for ever. Without a stream, or an id to answer under, it is the status.
 *
 * @param requests all of them; left out where there is at most the one with the id that is given
 */
function onStream(
	session: SseSession | undefined,
	requests?: readonly Request[],
): Refuse {
	return (c, status, error, id) => {
		const ids =
			requests?.map((request) => request.id) ?? (isId(id) ? [id] : []);
		if (!session?.active || ids.length === 0) {
			return httpError(c, status, error, id);
		}
		for (const one of ids) {
			noteRefusal(c, status, error, one, true);
			session.refuse(one, error);
		}
		return c.body(null, 202);
	};
}
