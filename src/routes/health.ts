import { Hono } from "hono";
import type { RouteContext, Served, ServerEnv } from "./route-context.ts";

/** GET /health/live: the bridge answers at all. */
export function live() {
	return new Hono().get("/", (c) => c.json({ status: "ok" }));
}

/**
 * GET /health/ready: 200 where new clients can be served, 503 where the bridge
 * is closing or no server at all can be started. One bad server among good ones
 * does not take the bridge out of service; it is named.
 */
export function ready(context: RouteContext) {
	return new Hono().get("/", (c) => {
		const servers = context.all();
		const failed = servers.filter(({ failure }) => failure);
		const isReady = !context.closing() && failed.length < servers.length;
		return c.json(
			{
				status: isReady ? "ready" : context.closing() ? "closing" : "failed",
				failed: failed.map(describe),
			},
			isReady ? 200 : 503,
		);
	});
}

/**
 * GET /servers/:name/health: 503 with the reason where the last child died or
 * the last start failed, until a child is ready again; else 200. A server whose
 * child nobody has needed yet is well.
 */
export function serverHealth() {
	return new Hono<ServerEnv>().get("/", (c) => {
		const { server } = c.var;
		const { state, noiseLines, lastNoiseLine, dropped } = server.status();
		return c.json(
			{
				status: server.failure ? "failed" : "ok",
				state,
				...describe(server),
				// Lines on stdout that are no message: where there are any, its answers may be among them.
				noiseLines,
				lastNoiseLine,
				dropped,
			},
			server.failure ? 503 : 200,
		);
	});
}

function describe({ name, failure }: Served) {
	return {
		name,
		code: failure?.code,
		reason: failure?.reason,
		stderr: failure?.stderr,
		errorLines: failure?.errorLines,
		stdout: failure?.stdout,
	};
}
