import type { Context, MiddlewareHandler } from "hono";
import { ErrorCode } from "../protocol/error-codes.ts";
import { httpError } from "./http-error.ts";
import type { RouteContext, ServerEnv } from "./route-context.ts";

/** Finds the server that the path names, in any case. */
export function chooseServer(
	context: RouteContext,
): MiddlewareHandler<ServerEnv, "/:name/*"> {
	return async (c, next) => {
		const name = c.req.param("name");
		const server = context.find(name);
		if (!server) return unknown(c, context, `There is no server "${name}"`);
		c.set("server", server);
		context.touch();
		return next();
	};
}

/** Finds the server at the paths that name none. */
export function chooseDefaultServer(
	context: RouteContext,
): MiddlewareHandler<ServerEnv> {
	return async (c, next) => {
		const defaultServer = context.defaultServer();
		const server = defaultServer ? context.find(defaultServer) : undefined;
		if (!server) return unknown(c, context, "There is no default server");
		c.set("server", server);
		context.touch();
		return next();
	};
}

function unknown(c: Context, context: RouteContext, what: string): Response {
	const names = context.all().map(({ name }) => name);
	return httpError(c, 404, {
		code: ErrorCode.methodNotFound,
		message: `${what} (there are: ${names.join(", ")}; use /servers/<name>/mcp)`,
	});
}
