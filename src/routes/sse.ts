import { Hono } from "hono";
import { foreignToLegacy } from "../protocol/eras/era-of.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { handshake } from "../protocol/handshake.ts";
import { isRequest } from "../protocol/messages.ts";
import { legacyRevisions, unsupportedRevision } from "../protocol/revisions.ts";
import { EventStream } from "./event-stream.ts";
import { httpError } from "./http-error.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { publicPath } from "./public-path.ts";
import { readMessages } from "./read-messages.ts";
import { refuseSession } from "./refuse-session.ts";
import type { RouteContext, ServerEnv } from "./route-context.ts";
import { SseSession } from "./sse-session.ts";

/** GET /sse: opens a session; its first event names the endpoint for the client's messages (2024-11-05, transports, 'HTTP with SSE'). */
export function sse(context: RouteContext) {
	const app = new Hono<ServerEnv>().get("/", (c) => {
		const { server } = c.var;
		// Hono serves HEAD by the handler of GET: nobody would read what that opens.
		const isHead = c.req.method === "HEAD";
		const refusal = isHead
			? c.body(null, 405, { Allow: "GET" })
			: refuseSession(c, context);
		if (refusal) return refusal;
		const connection: EventStream = new EventStream(context.streams, () =>
			session.leave(),
		);
		const session = new SseSession(
			handshake((client) => server.open(client)),
			connection,
			() => context.sseSessions.forget(id),
		);
		const id = context.sseSessions.add(server.name, session);
		const endpoint = c.req.path.replace(/\/sse\/?$/, "/messages");
		connection.send({
			event: "endpoint",
			// Root-relative: some clients refuse another origin, others resolve it against their own base.
			data: `${publicPath(c, context.config.trustProxy, endpoint)}?session_id=${id}`,
		});
		return connection.response(c);
	});
	return app.all("/", methodNotAllowed("GET"));
}

/** POST /messages?session_id=…: takes a message; what comes back goes to the session's stream. */
export function messages({ sseSessions }: RouteContext) {
	const app = new Hono<ServerEnv>().post("/", async (c) => {
		const { server } = c.var;
		const id = c.req.query("session_id") ?? c.req.query("sessionId");
		if (id === undefined) {
			return httpError(c, 400, {
				code: ErrorCode.invalidRequest,
				message: `The query has no "session_id" (GET ${c.req.path.replace(/messages\/?$/, "sse")} and post to the endpoint that its first event names)`,
			});
		}
		const session = sseSessions.find(server.name, id);
		if (!session?.active) {
			return httpError(c, 404, {
				code: ErrorCode.sessionNotFound,
				message: `There is no session "${id}" (its stream was closed: open a new one)`,
			});
		}
		const body = await readMessages(c, () => session.revision);
		if ("error" in body) return httpError(c, 400, body.error, body.id);
		for (const message of body.messages) {
			const foreign = foreignToLegacy(message, (name) => c.req.header(name));
			if (foreign === undefined) continue;
			const error = unsupportedRevision(foreign, legacyRevisions);
			return httpError(c, 400, error, isRequest(message) ? message.id : null);
		}
		// Queued for the child before the 202, so that requests posted in order stay in order.
		for (const message of body.messages) session.take(message);
		return c.body(null, 202);
	});
	return app.all("/", methodNotAllowed("POST"));
}
