import { type Context, Hono } from "hono";
import type { Logger } from "pino";
import { eraOf, refuseRevision } from "../../eras/era-of.ts";
import { clientOf, handshake } from "../../eras/handshake.ts";
import { ErrorCode } from "../../protocol/error-codes.ts";
import {
	type ErrorObject,
	isRequest,
	type Message,
	type Request,
} from "../../protocol/messages.ts";
import { anonymous, namedVersion } from "../../protocol/meta.ts";
import {
	assumedRevision,
	isLegacyRevision,
	type LegacyRevision,
	negotiate,
} from "../../protocol/revisions.ts";
import type { SessionFacts, SessionOpening } from "../../seal/session-ids.ts";
import { accepts } from "../accepts.ts";
import { type Answer, streamAfterMs } from "../exchange.ts";
import { methodNotAllowed } from "../guards/method-not-allowed.ts";
import {
	isStreamFree,
	refuseRequests,
	refuseSession,
	refuseStream,
} from "../guards/refusals.ts";
import { httpError } from "../http-error.ts";
import { jsonBody } from "../json-body.ts";
import { originOf } from "../message-origin.ts";
import { modern } from "../modern/modern.ts";
import { observedRequests } from "../observed-request.ts";
import { noteRefusal } from "../observer.ts";
import { type Body, readMessages } from "../read-messages.ts";
import {
	type RouteContext,
	type Served,
	type ServerEnv,
	streamOptions,
} from "../route-context.ts";
import { noteRequests } from "../trace-id.ts";
import { whenGone } from "../when-gone.ts";
import { parseEventId } from "./event-id.ts";
import { StreamableSession } from "./streamable-session.ts";

/**
 * Streamable HTTP. Of the legacy revisions (2025-11-25, basic/transports):
 * POST asks and tells, GET listens, DELETE ends the session. A POST that says
 * of itself that it is modern is served by {@link modern}.
 */
export function streamable(context: RouteContext, log: Logger) {
	const { config, sessions } = context;
	const serveModern = modern(context, log);
	/** The session that a request names. An empty id is none, and so is every one where there are no sessions. */
	const sessionIdOf = (c: Context): string | undefined =>
		config.stateless ? undefined : c.req.header("mcp-session-id") || undefined;
	const missing = config.stateless ? noSessions : noSession;
	const allow = config.stateless ? "POST" : "POST, GET, DELETE";

	/** The session that a request names: one that is here, or what its id says of one that another bridge has begun. */
	const find = (
		{ name }: Served,
		id: string,
	): StreamableSession | SessionFacts | undefined => {
		const session = sessions.find(name, id);
		if (session || sessions.hasEnded(id)) return session;
		const of = { server: name, principal: anonymous } as const;
		return context.sessionIds.open(id, { ...of, transport: "streamable" });
	};

	/** Goes on with a session that another bridge has begun, where there may be one more here. */
	const takeUp = (
		c: Context<ServerEnv>,
		id: string,
		found: StreamableSession | SessionFacts,
	): StreamableSession | Response =>
		found instanceof StreamableSession
			? found
			: (refuseSession(c, context, anonymous) ?? enter(c, id, found.opening));

	const enter = (
		{ var: { server } }: Context<ServerEnv>,
		id: string | undefined,
		opening?: SessionOpening,
	): StreamableSession => {
		const asker = { server: server.name, session: id };
		const session = new StreamableSession(
			handshake((client) => server.open(client), opening?.client),
			{
				observe: observedRequests(context.observer, asker),
				...streamOptions(context, server),
				historyEvents: config.historyEvents,
				historyBytes: config.historyBytes,
				limitReached: (limit) => server.limitReached(limit),
			},
			opening?.revision,
		);
		const owner = { server: server.name, principal: anonymous };
		if (id !== undefined) sessions.add(owner, id, session);
		return session;
	};

	/** The refusal where a client takes nothing but a stream, and there must be no more. */
	const refuseStreamOnly = (
		c: Context<ServerEnv>,
		[request]: readonly Request[],
	) => {
		const isOnly =
			request && !accepts(c.req.header("accept"), "application/json");
		return isOnly ? refuseStream(c, context, request.id) : undefined;
	};

	return new Hono<ServerEnv>()
		.post("/", async (c) => {
			const { server } = c.var;
			const id = sessionIdOf(c);
			const lookUp = () => (id === undefined ? undefined : find(server, id));
			const body = await readMessages(
				c,
				config.bodyTimeoutMs,
				() =>
					revisionOf(lookUp()) ??
					(c.req.header("mcp-protocol-version") || assumedRevision),
			);
			if (body instanceof Response) return body;
			// Not before: while the body came the session may have been ended, or taken up for another request.
			const found = lookUp();
			const requests = body.messages.filter(isRequest);
			noteRequests(c, requests);
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
			const known =
				initialize || id === undefined || !found
					? undefined
					: takeUp(c, id, found);
			if (known instanceof Response) return known;
			const refusal = initialize
				? (refuseBatch(c, body, initialize) ??
					refuseSession(c, context, anonymous, initialize.id))
				: refuseRequests(c, context, requests, known);
			const refused = refusal ?? refuseStreamOnly(c, requests);
			if (refused) return refused;
			if (!initialize && !known) {
				if (id !== undefined) {
					return httpError(c, 404, unknownSession, requests[0]?.id);
				}
				if (server.needsSession) {
					return httpError(c, 400, missing, requests[0]?.id);
				}
			}

			// Entered before it is answered, so that many at once cannot pass the limit.
			const opened =
				initialize && !config.stateless
					? beginSession(context, server, initialize)
					: undefined;
			// Without a session id a request is served by itself: who posts by hand needs no handshake.
			const session = known ?? enter(c, opened);
			const isAlone = !known && !opened;
			const answer = await post(c, body.messages, session, isAlone);
			if (opened && isFailure(answer)) {
				sessions.forget(opened);
				session.close();
			} else if (opened) c.header("mcp-session-id", opened);
			else if (isAlone) session.leave();
			if (!answer) return c.body(null, 202);
			if ("connection" in answer) return answer.connection.response(c);
			const texts = answer.answers.map(({ json }) => json).join(",");
			return jsonBody(c, body.batch ? `[${texts}]` : texts);
		})
		.get("/", (c) => {
			// Hono serves HEAD by the handler of GET: nobody would read what that opens.
			if (c.req.method === "HEAD") {
				noteRefusal(c, 405, {
					code: ErrorCode.invalidRequest,
					message: "HEAD is not possible",
				});
				return c.body(null, 405, { Allow: allow });
			}
			const unknown = refuseRevision((name) => c.req.header(name));
			if (unknown) return httpError(c, 400, unknown);
			const id = sessionIdOf(c);
			// Clients probe with GET whether there is a stream; to some of them any status but 405 is the end.
			if (id === undefined) {
				c.header("Allow", allow);
				return httpError(c, 405, missing);
			}
			const found = find(c.var.server, id);
			if (!found) return httpError(c, 404, unknownSession);
			const refusal =
				found instanceof StreamableSession && found.listening
					? undefined
					: refuseStream(c, context);
			if (refusal) return refusal;
			const session = takeUp(c, id, found);
			if (session instanceof Response) return session;
			const lastEventId = c.req.header("last-event-id");
			const resume = lastEventId ? parseEventId(lastEventId) : undefined;
			return session.listen(resume).response(c);
		})
		.delete("/", (c) => {
			const unknown = refuseRevision((name) => c.req.header(name));
			if (unknown) return httpError(c, 400, unknown);
			const id = sessionIdOf(c);
			if (id === undefined) {
				if (config.stateless) c.header("Allow", allow);
				return httpError(c, config.stateless ? 405 : 400, missing);
			}
			const { server } = c.var;
			const found = find(server, id);
			if (!found) return httpError(c, 404, unknownSession);
			sessions.end(server.name, id);
			return c.body(null, 204);
		})
		.all("/", methodNotAllowed(allow));

	/** Hands the messages on; gives how the answer goes out, where one is due. */
	async function post(
		c: Context,
		messages: readonly Message[],
		session: StreamableSession,
		isAlone: boolean,
	): Promise<Answer | undefined> {
		const requests = messages.filter(isRequest);
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
		const hasRoom = () => isStreamFree(context);
		const prefersSse = config.postResponse === "sse" && hasRoom();
		const exchange = session.ask(messages, {
			json: !sse || (json && !prefersSse),
			sse: sse && !(json && config.postResponse === "json"),
			hasRoom,
			origin: originOf(c, context.observer),
		});
		whenGone(c, () => {
			// To a session of one request nobody else could come for the answer.
			if (isAlone) session.close();
			else session.abandon(exchange);
		});
		// The answer to initialize tells whether there is a session, which its headers have to name.
		const patience = requests.some(isInitialize) ? 2 ** 31 - 1 : streamAfterMs;
		const timer = setTimeout(() => exchange.stream(), patience);
		const answer = await exchange.answer;
		clearTimeout(timer);
		return answer;
	}
}

function revisionOf(
	found: StreamableSession | SessionFacts | undefined,
): LegacyRevision | undefined {
	return found instanceof StreamableSession
		? found.revision
		: found?.opening?.revision;
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

/** The id for the session that an `initialize` begins. */
function beginSession(
	{ sessionIds }: RouteContext,
	{ name }: Served,
	initialize: Request,
): string {
	const revision = negotiate(initialize.params?.protocolVersion);
	const opening = { revision, client: clientOf(initialize) };
	const facts = sessionIds.begin(name, "streamable", anonymous);
	return sessionIds.issue({ ...facts, opening });
}

/** 2025-03-26, lifecycle: `initialize` must not be part of a batch. */
function refuseBatch(
	c: Context,
	body: Body,
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
		"answers" in answer &&
		answer.answers.some(({ error }) => error)
	);
}

const noSession: ErrorObject = {
	code: ErrorCode.invalidRequest,
	message: `The request has no "Mcp-Session-Id" header (send initialize first and use the id of its answer)`,
};

const noSessions: ErrorObject = {
	code: ErrorCode.invalidRequest,
	message: `There are no sessions here: the bridge is stateless (use HTTP+SSE at …/sse for a session, or leave "stateless" out)`,
};

const unknownSession: ErrorObject = {
	code: ErrorCode.sessionNotFound,
	message: "There is no such session (send initialize to begin a new one)",
};
