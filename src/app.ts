import { Hono } from "hono";
import type { Logger } from "pino";
import { ErrorCode } from "./protocol/error-codes.ts";
import { chooseDefaultServer, chooseServer } from "./routes/choose-server.ts";
import { browserClients } from "./routes/guards/browser-clients.ts";
import { hostCheck } from "./routes/guards/host-check.ts";
import { limitBody } from "./routes/guards/limit-body.ts";
import { limitHeaders } from "./routes/guards/limit-headers.ts";
import { requireUrl } from "./routes/guards/require-url.ts";
import { httpError } from "./routes/http-error.ts";
import { observed } from "./routes/observer.ts";
import { live, ready, serverHealth } from "./routes/operations/health.ts";
import { metrics } from "./routes/operations/metrics/metrics.ts";
import { status } from "./routes/operations/status.ts";
import type { RouteContext, ServerEnv } from "./routes/route-context.ts";
import { serverPath } from "./routes/server-path.ts";
import { messages, sse } from "./routes/sse/sse.ts";
import { streamable } from "./routes/streamable/streamable.ts";
import { traceIdOfHeader } from "./routes/trace-id.ts";

/** The HTTP surface of a bridge. */
export function createApp(context: RouteContext, log: Logger): Hono {
	const { config } = context;
	const server = new Hono<ServerEnv>({ strict: false })
		.use(limitBody(config))
		.route("/mcp", streamable(context, log))
		.route("/sse", sse(context))
		.route("/messages", messages(context));

	const routes = new Hono<ServerEnv>({ strict: false })
		.use(hostCheck(config))
		.use(browserClients(config.exposedHeaders))
		.route("/health/live", live())
		.route("/health/ready", ready(context))
		.route("/status", status(context))
		.route("/metrics", metrics(context))
		.use("/servers/:name/*", chooseServer(context))
		.route("/servers/:name/health", serverHealth())
		.route("/servers/:name", server);
	for (const path of ["/mcp", "/sse", "/messages"]) {
		routes.use(path, chooseDefaultServer(context));
	}
	routes.route("/", server);

	const app = new Hono({ getPath: serverPath(config.basePath) });
	app.use(observed(context.observer), requireUrl(), limitHeaders(context));
	app.route(config.basePath || "/", routes);
	app.notFound((c) =>
		httpError(c, 404, {
			code: ErrorCode.methodNotFound,
			message: `Nothing is at ${c.req.path} (servers are at ${config.basePath}/servers/<name>/mcp and …/sse)`,
		}),
	);
	app.onError((error, c) => {
		const { server } = c.var as { server?: { name: string } };
		const trace = traceIdOfHeader(c.req.header("traceparent"));
		const { path } = c.req;
		log.error(
			{ err: error, server: server?.name, path, trace },
			"a request failed",
		);
		return httpError(c, 500, {
			code: ErrorCode.internalError,
			message: "The bridge failed on this request (its log says why)",
		});
	});
	return app;
}
