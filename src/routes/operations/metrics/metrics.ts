import { Hono } from "hono";
import type { RouteContext } from "../../route-context.ts";

/** GET /metrics: what runs and what happened, in the text format of Prometheus. */
export function metrics(context: RouteContext) {
	// The library is not loaded at the start: many bridges are never asked.
	const load = () => import("./metrics-registry.ts");
	let loading: ReturnType<typeof load> | undefined;
	return new Hono().get("/", async (c) => {
		loading ??= load();
		const { metricsRegistry } = await loading;
		const registry = metricsRegistry(context);
		return c.body(await registry.metrics(), 200, {
			"Content-Type": registry.contentType,
		});
	});
}
