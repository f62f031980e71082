import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorObject, errorOf, type Id } from "../protocol/messages.ts";

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
	return c.json(errorOf(id, error), status);
}
