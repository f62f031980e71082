import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { overLimit } from "./over-limit.ts";
import type { ServerEnv } from "./route-context.ts";
import { within } from "./within.ts";

/** How much of a body that is refused is read all the same, as a multiple of the limit. */
const readAnyway = 4;

/**
 * Refuses bodies over the limit with 413. A declared length is judged by
 * itself: only a chunked body has to be counted, which costs a copy.
 */
export function limitBody({
	maxBodyBytes,
	bodyTimeoutMs,
}: {
	maxBodyBytes: number;
	bodyTimeoutMs: number;
}): MiddlewareHandler<ServerEnv> {
	const refuse = (c: Context) => {
		const message = `The body is larger than ${maxBodyBytes} bytes (send less, or raise "maxBodyBytes")`;
		return overLimit(c, c.var.server, 413, "maxBodyBytes", message);
	};
	const refuseUnread = (c: Context) => {
		// The rest of the body is not read, so nothing else can come on this connection.
		c.header("Connection", "close");
		return refuse(c);
	};
	const counted = bodyLimit({ maxSize: maxBodyBytes, onError: refuseUnread });
	return async (c, next) => {
		if (c.req.method !== "POST") return next();
		const length = c.req.header("content-length");
		if (length === undefined || c.req.header("transfer-encoding")) {
			return counted(c, next);
		}
		if (Number(length) <= maxBodyBytes) return next();
		if (Number(length) > readAnyway * maxBodyBytes) return refuseUnread(c);
		// A client that is still sending does not see an answer: it sees a broken connection.
		await within(bodyTimeoutMs, discard(c)).catch(() => {});
		return refuse(c);
	};
}

async function discard(c: Context): Promise<void> {
	const reader = c.req.raw.body?.getReader();
	while (reader && !(await reader.read()).done);
}
