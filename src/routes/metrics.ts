import { Hono } from "hono";
import type { RouteContext } from "./route-context.ts";

/** GET /metrics: what runs and what happened, in the text format of Prometheus. */
export function metrics(context: RouteContext) {
	// The library is not loaded at the start: many bridges are never asked.
	const load = async () =>
		(await import("./metrics-registry.ts")).metricsRegistry(context);
	let loading: ReturnType<typeof load> | undefined;
	return new Hono().get("/", async (c) => {
		loading ??= load();
		const registry = await loading;
		return c.body(await registry.metrics(), 200, {
			"Content-Type": registry.contentType,
		});
	});
}
