import { type Context, Hono } from "hono";
import type { Probe } from "../../protocol/server-health.ts";
import type { RouteContext, Served, ServerEnv } from "../route-context.ts";

/** GET /health/live: the bridge answers at all. */
export function live() {
	return new Hono().get("/", (c) => c.json({ status: "ok" }));
}

/**
 * GET /health/ready: 200 where new clients can be served, 503 where the bridge
 * is closing or no server at all can be started. One bad server among good ones
 * does not take the bridge out of service; it is named. With `?probe=1` every
 * server is probed first.
 */
export function ready(context: RouteContext) {
	return new Hono().get("/", async (c) => {
		const servers = context.all();
		const probes =
			isProbe(c) && !context.closing()
				? await Promise.all(
						servers.map(async (server) => ({
							name: server.name,
							...(await server.probe()),
						})),
					)
				: undefined;
		const failed = servers.filter(
			({ failure }, index) => failure ?? probes?.[index]?.status === "failed",
		);
		const isReady = !context.closing() && failed.length < servers.length;
		const guardian = context.guardian();
		return c.json(
			{
				status: isReady ? "ready" : context.closing() ? "closing" : "failed",
				failed: failed.map(describe),
				probes,
				// Nobody is served any worse without it.
				...(guardian.state === "missing" && { guardian }),
			},
			isReady ? 200 : 503,
		);
	});
}

/**
 * GET /servers/:name/health: 503 with the reason where the last child died or
 * the last start failed, until a child is ready again; else 200. A server whose
 * child nobody has needed yet is well. With `?probe=1` it is what the probe says.
 */
export function serverHealth() {
	return new Hono<ServerEnv>().get("/", async (c) => {
		const { server } = c.var;
		const probe = isProbe(c) ? await server.probe() : undefined;
		const { state, noiseLines, lastNoiseLine, dropped } = server.status();
		const { failure } = server;
		const isWell = probe ? probe.status === "ok" : !failure;
		return c.json(
			{
				status: isWell ? "ok" : "failed",
				state,
				...describe(server),
				...(failure || !probe ? {} : failedProbe(probe)),
				probe,
				// Lines on stdout that are no message: where there are any, its answers may be among them.
				noiseLines,
				lastNoiseLine,
				dropped,
			},
			isWell ? 200 : 503,
		);
	});
}

/** Whether a probe is asked for: `?probe`, but not `?probe=0`. */
function isProbe(c: Context): boolean {
	const value = c.req.query("probe");
	return value !== undefined && value !== "0" && value !== "false";
}

/** A server whose child is there and does not answer has no other failure. */
function failedProbe({ code, reason }: Probe) {
	return { code, reason };
}

function describe({ name, failure }: Served) {
	return { name, ...failure };
}
