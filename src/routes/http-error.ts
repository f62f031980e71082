import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ErrorCode } from "../protocol/error-codes.ts";
import { printJson } from "../protocol/json.ts";
import { type ErrorObject, errorOf, type Id } from "../protocol/messages.ts";
import { modernRevision } from "../protocol/revisions.ts";
import { noteRefusal } from "./observer.ts";

/** When to come again, in seconds, by status: where the same request may pass later. */
const retryAfterSeconds = new Map([
	[429, 1],
	[503, 5],
]);

/**
 * A refusal of a whole HTTP request: the status, and a JSON-RPC error with the
 * request's id where it could be read (2025-11-25, transports, 'Sending
 * Messages to the Server').
 */
export function httpError(
	c: Context,
	status: ContentfulStatusCode,
	error: ErrorObject,
	id: Id | null = null,
): Response {
	noteRefusal(c, status, error, id);
	const retryAfter = retryAfterSeconds.get(status);
	if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
	return c.body(printJson(errorOf(id, error)), status, {
		"Content-Type": "application/json",
	});
}

/** How a request is refused: by {@link httpError}, where its client does not look elsewhere for answers. */
export type Refuse = typeof httpError;

/** The code for a bound that was reached. Revision 2026-07-28 keeps the range of the usual one for itself (basic/index, 'Error Codes'). */
export function limitCode(c: Context): number {
	return c.req.header("mcp-protocol-version") === modernRevision
		? ErrorCode.internalError
		: ErrorCode.limitReached;
}
