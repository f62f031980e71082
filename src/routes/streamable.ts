import { type Context, Hono } from "hono";
import { eraOf } from "../protocol/eras/era-of.ts";
import { namedVersion } from "../protocol/eras/meta.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { handshake } from "../protocol/handshake.ts";
import {
	type ErrorObject,
	isRequest,
	type Message,
	type Request,
} from "../protocol/messages.ts";
import { assumedRevision, isLegacyRevision } from "../protocol/revisions.ts";
import { accepts } from "./accepts.ts";
import { parseEventId } from "./event-history.ts";
import type { Answer } from "./exchange.ts";
import { httpError } from "./http-error.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { modern } from "./modern.ts";
import { patienceMs } from "./patience.ts";
import { type Body, readMessages } from "./read-messages.ts";
import { refuseSession } from "./refuse-session.ts";
import type { RouteContext, ServerEnv } from "./route-context.ts";
import { StreamableSession } from "./streamable-session.ts";

const allow = "POST, GET, DELETE";

/**
 * Streamable HTTP. Of the legacy revisions (2025-11-25, basic/transports):
 * POST asks and tells, GET listens, DELETE ends the session. A POST that says
 * of itself that it is modern is served by {@link modern}.
 */
export function streamable(context: RouteContext) {
	const { config, sessions } = context;
	const sessionOptions = {
		...context.streams,
		historyEvents: config.historyEvents,
		historyBytes: config.historyBytes,
	};

	const serveModern = modern(context);

	return new Hono<ServerEnv>()
		.post("/", async (c) => {
			const { server } = c.var;
			const id = c.req.header("mcp-session-id");
			const known =
				id === undefined ? undefined : sessions.find(server.name, id);
			const body = await readMessages(
				c,
				() =>
					known?.revision ??
					c.req.header("mcp-protocol-version") ??
					assumedRevision,
			);
			if ("error" in body) return httpError(c, 400, body.error, body.id);
			const requests = body.messages.filter(isRequest);
			const [message] = body.messages;
			const refusesBatch = body.batch && body.messages.find(isModern);
			if (refusesBatch) return httpError(c, 400, modernInBatch);
			if (message && !body.batch) {
				const served = eraOf(message, (name) => c.req.header(name));
				if ("refusal" in served) {
					return httpError(c, 400, served.refusal, requests[0]?.id);
				}
				if (served.era === "modern") {
					if (served.request) {
						return serveModern(c, served.request, served.envelope);
					}
					server.dropped("notification-of-modern-client");
					return c.body(null, 202);
				}
			}
			const initialize = requests.find(isInitialize);
			if (initialize) {
				const refusal =
					refuseBatch(c, body, initialize) ??
					refuseSession(c, context, initialize.id);
				if (refusal) return refusal;
			} else if (id !== undefined && !known) {
				return httpError(c, 404, unknownSession, requests[0]?.id);
			} else if (!known && server.needsSession) {
				return httpError(c, 400, noSession, requests[0]?.id);
			}

			// Without a session id a request is served by itself: who posts by hand needs no handshake.
			const session =
				(initialize ? undefined : known) ??
				new StreamableSession(
					handshake((client) => server.open(client)),
					sessionOptions,
				);
			// Entered before it is answered, so that many at once cannot pass the limit.
			const opened = initialize && sessions.add(server.name, session);
			const answer = await post(c, body.messages, requests, session);
			if (opened && isFailure(answer)) sessions.end(server.name, opened);
			else if (opened) c.header("mcp-session-id", opened);
			else if (!known) session.leave();
			if (!answer) return c.body(null, 202);
			if ("connection" in answer) return answer.connection.response(c);
			const { responses } = answer;
			const json = JSON.stringify(body.batch ? responses : responses[0]);
			return c.body(json, 200, { "Content-Type": "application/json" });
		})
		.get("/", (c) => {
			// Hono serves HEAD by the handler of GET: nobody would read what that opens.
			if (c.req.method === "HEAD") return c.body(null, 405, { Allow: allow });
			const id = c.req.header("mcp-session-id");
			// Clients probe with GET whether there is a stream; to some of them any status but 405 is the end.
			if (id === undefined) {
				c.header("Allow", allow);
				return httpError(c, 405, noSession);
			}
			const session = sessions.find(c.var.server.name, id);
			if (!session) return httpError(c, 404, unknownSession);
			const lastEventId = c.req.header("last-event-id");
			const resume = lastEventId ? parseEventId(lastEventId) : undefined;
			// An id of a stream that is forgotten is no reason to leave the client without one.
			const connection = session.listen(resume) ?? session.listen();
			return connection?.response(c) ?? httpError(c, 404, unknownSession);
		})
		.delete("/", (c) => {
			const id = c.req.header("mcp-session-id");
			if (id === undefined) return httpError(c, 400, noSession);
			return sessions.end(c.var.server.name, id)
				? c.body(null, 204)
				: httpError(c, 404, unknownSession);
		})
		.all("/", methodNotAllowed(allow));

	/** Hands the messages on; gives how the answer goes out, where one is due. */
	async function post(
		c: Context,
		messages: Extract<Body, { messages: unknown }>["messages"],
		requests: Request[],
		session: StreamableSession,
	): Promise<Answer | undefined> {
		session.lastUsed = Date.now();
		if (requests.length === 0) {
			for (const message of messages) {
				if (!isRequest(message)) session.tell(message);
			}
			return undefined;
		}
		const accept = c.req.header("accept");
		const sse = accepts(accept, "text/event-stream");
		const json = accepts(accept, "application/json");
		const exchange = session.ask(messages, {
			json: !sse || (json && config.postResponse !== "sse"),
			sse: sse && !(json && config.postResponse === "json"),
		});
		// The answer to initialize tells whether there is a session, which its headers have to name.
		const patience = requests.some(isInitialize) ? 2 ** 31 - 1 : patienceMs;
		const timer = setTimeout(() => exchange.stream(), patience);
		const answer = await exchange.answer;
		clearTimeout(timer);
		return answer;
	}
}

function isModern(message: Message): boolean {
	const named = "method" in message ? namedVersion(message.params) : undefined;
	return named !== undefined && !isLegacyRevision(named);
}

const modernInBatch: ErrorObject = {
	code: ErrorCode.invalidRequest,
	message:
		"Requests of revision 2026-07-28 cannot be part of a batch (send one message per request)",
};

function isInitialize({ method }: Request): boolean {
	return method === "initialize";
}

/** 2025-03-26, lifecycle: `initialize` must not be part of a batch. */
function refuseBatch(
	c: Context,
	body: Extract<Body, { messages: unknown }>,
	initialize: Request,
): Response | undefined {
	if (body.messages.length === 1) return undefined;
	const message = `"initialize" cannot be part of a batch (send it by itself)`;
	const code = ErrorCode.invalidRequest;
	return httpError(c, 400, { code, message }, initialize.id);
}

function isFailure(answer: Answer | undefined): boolean {
	return (
		answer !== undefined &&
		"responses" in answer &&
		answer.responses.some((response) => "error" in response)
	);
}

const noSession: ErrorObject = {
	code: ErrorCode.invalidRequest,
	message: `The request has no "Mcp-Session-Id" header (send initialize first and use the id of its answer)`,
};

const unknownSession: ErrorObject = {
	code: ErrorCode.sessionNotFound,
	message: "There is no such session (send initialize to begin a new one)",
};
