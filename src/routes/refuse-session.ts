import type { Context } from "hono";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { Id } from "../protocol/messages.ts";
import { httpError } from "./http-error.ts";
import { isFull, type RouteContext } from "./route-context.ts";

const retryAfterSeconds = 5;

/** The 503 for a client that wants a session where none can be opened; undefined where it can. */
export function refuseSession(
	c: Context,
	context: RouteContext,
	id?: Id,
): Response | undefined {
	const full = isFull(context);
	if (!full && !context.closing()) return undefined;
	c.header("Retry-After", String(retryAfterSeconds));
	const message = full
		? `All ${context.config.maxSessions} sessions are taken (close some, or raise "maxSessions")`
		: "The bridge is shutting down";
	return httpError(c, 503, { code: ErrorCode.limitReached, message }, id);
}
