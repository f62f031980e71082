import type { Context, MiddlewareHandler } from "hono";
import { nodeBindings } from "../node-bindings.ts";
import type { ServerEnv } from "../route-context.ts";
import { overLimit } from "./over-limit.ts";

/** Refuses requests whose header names and values have more bytes than that with 431. */
export function limitHeaders(
	maxHeaderBytes: number,
): MiddlewareHandler<ServerEnv> {
	return async (c, next) => {
		const bytes = bytesOf(c);
		if (bytes <= maxHeaderBytes) return next();
		const message = `The headers have ${bytes} bytes, more than ${maxHeaderBytes} (send less, or raise "maxHeaderBytes")`;
		return overLimit(c, c.var.server, 431, "maxHeaderBytes", message);
	};
}

function bytesOf(c: Context): number {
	let bytes = 0;
	const { incoming } = nodeBindings(c);
	// There a Headers object would be made for this alone.
	if (incoming) for (const text of incoming.rawHeaders) bytes += text.length;
	else {
		for (const [name, value] of c.req.raw.headers) {
			bytes += name.length + value.length;
		}
	}
	return bytes;
}
