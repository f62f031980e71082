import type { Context } from "hono";
import type { Id, Request } from "../../protocol/messages.ts";
import { httpError, limitCode, type Refuse } from "../http-error.ts";
import type { RouteContext, ServerEnv } from "../route-context.ts";
import { overLimit } from "./over-limit.ts";

/** The 503 for what comes when the bridge is about to end: nothing new is begun then. */
export function refuseWhileClosing(
	c: Context,
	context: RouteContext,
	id?: Id,
): Response | undefined {
	if (!context.closing()) return undefined;
	const message = "The bridge is shutting down (try again when it is back)";
	return httpError(c, 503, { code: limitCode(c), message }, id);
}

/** The refusal of one more session, where there must be none. */
export function refuseSession(
	c: Context<ServerEnv>,
	context: RouteContext,
	principal: string,
	id?: Id,
): Response | undefined {
	const { config, sessions, sseSessions } = context;
	const { maxSessions, maxSessionsPerPrincipal } = config;
	const { server } = c.var;
	const closing = refuseWhileClosing(c, context, id);
	if (closing) return closing;
	if (sessions.size + sseSessions.size >= maxSessions) {
		const message = `All ${maxSessions} sessions are taken (close some, or raise "maxSessions")`;
		return overLimit(c, server, 503, "maxSessions", message, id);
	}
	const own = sessions.sizeOf(principal) + sseSessions.sizeOf(principal);
	if (own >= maxSessionsPerPrincipal) {
		const limit = "maxSessionsPerPrincipal";
		const message = `"${principal}" has ${own} sessions, as many as are allowed (close some, or raise "${limit}")`;
		return overLimit(c, server, 429, limit, message, id);
	}
	return undefined;
}

/**
 * The refusal of further requests, where they would be too many.
 *
 * @param refuse what is done about those of a session that has too many, or of a server that has
 */
export function refuseRequests(
	c: Context<ServerEnv>,
	context: RouteContext,
	requests: readonly Request[],
	session?: { readonly unanswered: number },
	refuse?: Refuse,
): Response | undefined {
	const [first] = requests;
	if (!first) return undefined;
	const { server } = c.var;
	const closing = refuseWhileClosing(c, context, first.id);
	if (closing) return closing;
	const { maxRequestsPerSession } = context.config;
	const { length } = requests;
	if ((session?.unanswered ?? 0) + length > maxRequestsPerSession) {
		const limit = "maxRequestsPerSession";
		const message = `The session would have more than ${maxRequestsPerSession} unanswered requests (wait for answers, or raise "${limit}")`;
		return overLimit(c, server, 429, limit, message, first.id, refuse);
	}
	if (server.unanswered + length > server.maxRequests) {
		const message = `Server "${server.name}" would have more than ${server.maxRequests} unanswered requests (try again, or raise its "maxRequests")`;
		const { id } = first;
		return overLimit(c, server, 503, "maxRequests", message, id, refuse);
	}
	return undefined;
}

/** Whether there may be one more event stream. */
export function isStreamFree({ config, streams }: RouteContext): boolean {
	return streams.keepAlive.size < config.maxStreams;
}

/** The refusal of one more event stream, where there must be none. */
export function refuseStream(
	c: Context<ServerEnv>,
	context: RouteContext,
	id?: Id,
): Response | undefined {
	const closing = refuseWhileClosing(c, context, id);
	if (closing) return closing;
	const { maxStreams } = context.config;
	if (isStreamFree(context)) return undefined;
	const message = `All ${maxStreams} event streams are taken (close some, or raise "maxStreams")`;
	return overLimit(c, c.var.server, 503, "maxStreams", message, id);
}
