import type { Context } from "hono";

/**
 * A path as the client sees it: behind a reverse proxy that serves the bridge
 * under a prefix, with that prefix in front. A prefix that is no plain path is
 * ignored, since it ends up in what the client requests next.
 */
export function publicPath(
	c: Context,
	trustProxy: boolean,
	path: string,
): string {
	const prefix = trustProxy ? c.req.header("x-forwarded-prefix") : undefined;
	return prefix !== undefined && /^(\/[\w.~%-]+)+\/?$/.test(prefix)
		? prefix.replace(/\/$/, "") + path
		: path;
}
