import type { Context } from "hono";
import type {
	BridgeConfig,
	ServerConfig,
} from "../../config/resolve-config.ts";
import type { Id } from "../../protocol/messages.ts";
import { httpError, limitCode, type Refuse } from "../http-error.ts";
import type { Served } from "../route-context.ts";

/** An option that is a bound. */
export type Limit = keyof BridgeConfig | keyof ServerConfig;

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
	refuse: Refuse = httpError,
): Response {
	server?.limitReached(limit);
	const data = { code: "LIMIT_REACHED", limit };
	return refuse(c, status, { code: limitCode(c), message, data }, id);
}
