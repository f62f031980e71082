import type { Context } from "hono";
import type { BridgeConfig, ServerConfig } from "../config/resolve-config.ts";
import type { Id } from "../protocol/messages.ts";
import { httpError, limitCode } from "./http-error.ts";
import type { Served } from "./route-context.ts";

/** An option that is a bound. */
export type Limit = keyof BridgeConfig | keyof ServerConfig;

/** When to come again, in seconds, where that helps. */
const retryAfterSeconds = { 429: 1, 503: 5 } as const;

/**
 * Refuses an HTTP request that is over a bound, and counts it.
 *
 * @param status 408, 413 and 431: the request itself is the matter; 429 and 503: the same one may pass later
 * @param message says what to do
 */
export function overLimit(
	c: Context,
	server: Pick<Served, "limitReached"> | undefined,
	status: 408 | 413 | 429 | 431 | 503,
	limit: Limit,
	message: string,
	id?: Id,
): Response {
	server?.limitReached(limit);
	if (status === 429 || status === 503) {
		c.header("Retry-After", String(retryAfterSeconds[status]));
	}
	const data = { code: "LIMIT_REACHED", limit };
	return httpError(c, status, { code: limitCode(c), message, data }, id);
}
