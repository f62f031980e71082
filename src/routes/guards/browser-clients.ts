import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";

/**
 * Lets pages of the allowed origins, which the host check has passed, read the answers (CORS). A preflight is granted
 * the headers that it asks for: those of MCP have no end (`Mcp-Param-…`), and clients add their own. Requests without
 * `Origin` are those of other clients, who need none of this.
 *
 * @param exposedHeaders names of response headers that pages may read besides `Mcp-Session-Id`
 */
export function browserClients(
	exposedHeaders: readonly string[],
): MiddlewareHandler {
	const allow = cors({
		origin: (origin) => origin,
		allowMethods: ["GET", "POST", "DELETE", "OPTIONS"],
		exposeHeaders: ["Mcp-Session-Id", ...exposedHeaders],
	});
	return (c, next) =>
		c.req.header("origin") === undefined ? next() : allow(c, next);
}
