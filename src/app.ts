import { Hono } from "hono";
import type { Logger } from "pino";
import { ErrorCode } from "./protocol/error-codes.ts";
import { browserClients } from "./routes/browser-clients.ts";
import { chooseDefaultServer, chooseServer } from "./routes/choose-server.ts";
import { live, ready, serverHealth } from "./routes/health.ts";
import { hostCheck } from "./routes/host-check.ts";
import { httpError } from "./routes/http-error.ts";
import { limitBody } from "./routes/limit-body.ts";
import { limitHeaders } from "./routes/limit-headers.ts";
import { metrics } from "./routes/metrics.ts";
import { observed } from "./routes/observer.ts";
import type { RouteContext, ServerEnv } from "./routes/route-context.ts";
import { serverPath } from "./routes/server-path.ts";
import { messages, sse } from "./routes/sse.ts";
import { status } from "./routes/status.ts";
import { streamable } from "./routes/streamable.ts";

/** The HTTP surface of a bridge. */
export function createApp(context: RouteContext, log: Logger): Hono {
	const { config } = context;
	const server = new Hono<ServerEnv>({ strict: false })
		.use(limitHeaders(config.maxHeaderBytes))
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
	app.use(observed(context.observer));
	app.route(config.basePath || "/", routes);
	app.notFound((c) =>
		httpError(c, 404, {
			code: ErrorCode.methodNotFound,
			message: `Nothing is at ${c.req.path} (servers are at ${config.basePath}/servers/<name>/mcp and …/sse)`,
		}),
	);
	app.onError((error, c) => {
		log.error({ err: error, path: c.req.path }, "a request failed");
		return httpError(c, 500, {
			code: ErrorCode.internalError,
			message: "The bridge failed on this request (its log says why)",
		});
	});
	return app;
}
