import type { Context } from "hono";
import type { Id } from "../protocol/messages.ts";
import { httpError, limitCode } from "./http-error.ts";
import { isFull, type RouteContext } from "./route-context.ts";

const retryAfterSeconds = 5;

/** The 503 for a client that wants a session where none can be opened; undefined where it can. */
export function refuseSession(
	c: Context,
	context: RouteContext,
	id?: Id,
): Response | undefined {
	return isFull(context)
		? unavailable(
				c,
				`All ${context.config.maxSessions} sessions are taken (close some, or raise "maxSessions")`,
				id,
			)
		: refuseWhileClosing(c, context, id);
}

/** The 503 for a request that comes when the bridge is about to end. */
export function refuseWhileClosing(
	c: Context,
	context: RouteContext,
	id?: Id,
): Response | undefined {
	return context.closing()
		? unavailable(c, "The bridge is shutting down", id)
		: undefined;
}

function unavailable(c: Context, message: string, id?: Id): Response {
	c.header("Retry-After", String(retryAfterSeconds));
	return httpError(c, 503, { code: limitCode(c), message }, id);
}
