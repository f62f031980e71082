import type { Context, MiddlewareHandler } from "hono";
import { nodeBindings } from "../node-bindings.ts";
import type { RouteContext, Served } from "../route-context.ts";
import { overLimit } from "./over-limit.ts";

/** Refuses requests whose header names and values have more bytes than `maxHeaderBytes` with 431, whatever their path. */
export function limitHeaders(context: RouteContext): MiddlewareHandler {
	const { basePath, maxHeaderBytes } = context.config;
	return async (c, next) => {
		const bytes = bytesOf(c);
		if (bytes <= maxHeaderBytes) return next();
		const message = `The headers have ${bytes} bytes, more than ${maxHeaderBytes} (send less, or raise "maxHeaderBytes")`;
		const server = serverAt(context, c.req.path.slice(basePath.length));
		return overLimit(c, server, 431, "maxHeaderBytes", message);
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

/** The server that the request is for, which counts it. */
function serverAt(context: RouteContext, path: string): Served | undefined {
	const [, name] = /^\/servers\/([^/]+)/.exec(path) ?? [];
	if (name === undefined) return context.find(context.defaultServer() ?? "");
	try {
		return context.find(decodeURIComponent(name));
	} catch {
		return undefined;
	}
}
