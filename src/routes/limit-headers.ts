import type { MiddlewareHandler } from "hono";
import { overLimit } from "./over-limit.ts";
import type { ServerEnv } from "./route-context.ts";

/** Refuses requests whose header names and values have more bytes than that with 431. */
export function limitHeaders(
	maxHeaderBytes: number,
): MiddlewareHandler<ServerEnv> {
	return async (c, next) => {
		let bytes = 0;
		for (const [name, value] of c.req.raw.headers) {
			bytes += name.length + value.length;
		}
		if (bytes <= maxHeaderBytes) return next();
		const message = `The headers have ${bytes} bytes, more than ${maxHeaderBytes} (send less, or raise "maxHeaderBytes")`;
		return overLimit(c, c.var.server, 431, "maxHeaderBytes", message);
	};
}
