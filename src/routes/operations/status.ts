import { Hono } from "hono";
import type { RouteContext } from "../route-context.ts";

/**
 * GET /status: what runs, for people and scripts. `active_sse_connections`,
 * `api_last_activity` and `server_instances` stand there for dashboards made for sparfenyuk/mcp-proxy.
 */
export function status(context: RouteContext) {
	return new Hono().get("/", (c) => {
		const servers = context.all();
		return c.json({
			status: context.closing() ? "closing" : "running",
			sessions: {
				streamable: context.sessions.size,
				sse: context.sseSessions.size,
				max: context.config.maxSessions,
			},
			// Where they cannot be counted, a proxy in front has to bound them.
			connections: context.connections() ?? { bounded: false },
			log: { dropped: context.logLinesDropped() },
			openStreams: context.streams.keepAlive.size,
			guardian: context.guardian(),
			servers: Object.fromEntries(
				servers.map((server) => [
					server.name,
					{
						...server.status(),
						sessions: {
							streamable: context.sessions.sizeFor(server.name),
							sse: context.sseSessions.sizeFor(server.name),
						},
					},
				]),
			),
			active_sse_connections: context.sseSessions.size,
			api_last_activity: new Date(context.lastActivity()).toISOString(),
			server_instances: Object.fromEntries(
				servers.map(({ name, failure }) => [
					name,
					failure ? "failed" : "configured",
				]),
			),
		});
	});
}
