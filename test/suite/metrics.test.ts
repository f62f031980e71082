import { expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { metric, samplesOf, sumOf } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { RawClient } from "../harness/raw-http.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";

/** What Prometheus gets, on each runtime. */

test("requests of every kind of client are counted, and so are their sessions, responses and children", async () => {
	const bridge = await startBridge({ servers: { one: fixture("faulty") } });
	const modern = new ModernClient(bridge, "one");
	await modern.result("tools/list");
	for (const transport of ["streamable", "sse"] as const) {
		const client = await RawClient.connect(bridge, "one", transport);
		await client.request(callMessage(1, "echo", { message: "x" }));
		await client.request(callMessage(2, "unknown"));
		expect(await metric(bridge, "sessions", { server: "one", transport })).toBe(
			1,
		);
		client.close();
	}
	await fetch(`${bridge.url}/servers/one/mcp`, { method: "DELETE" });

	const samples = await samplesOf(bridge);
	const one = (name: string, labels = {}) =>
		sumOf(samples, name, { server: "one", ...labels });
	const requests = (method: string, outcome: string) =>
		one("requests_total", { method, outcome });
	expect(requests("initialize", "ok")).toBe(2);
	expect(requests("tools/list", "ok")).toBe(1);
	expect(requests("tools/call", "ok")).toBe(2);
	expect(requests("tools/call", "tool-error")).toBe(2);
	expect(one("tool_calls_total", { tool: "echo" })).toBe(2);
	expect(one("tool_calls_total", { tool: "other" })).toBe(2);
	const timed = { method: "tools/call" };
	expect(one("request_duration_seconds_count", timed)).toBe(4);
	expect(one("request_duration_seconds_bucket", { ...timed, le: "+Inf" })).toBe(
		4,
	);
	expect(one("request_duration_seconds_sum", timed)).toBeGreaterThan(0);
	for (const transport of ["streamable", "sse"]) {
		expect(one("sessions_opened_total", { transport })).toBe(1);
	}
	const responses = { route: "messages", method: "POST", status: "202" };
	expect(one("http_responses_total", responses)).toBe(4);
	expect(
		one("http_responses_total", { route: "sse", method: "GET", status: "200" }),
	).toBe(1);
	expect(one("requests_refused_total", { reason: "invalid-request" })).toBe(1);
	expect(one("server_state", { state: "ready" })).toBe(1);
	expect(one("server_state")).toBe(1);
	expect(one("children")).toBe(1);
	expect(one("child_start_duration_seconds_count")).toBe(1);
	for (const name of [
		"process_start_time_seconds",
		"process_cpu_seconds_total",
		"process_resident_memory_bytes",
	]) {
		const found = samples.find((sample) => sample.name === name);
		expect(found?.value, name).toBeGreaterThan(0);
	}
	const started = samples.find(
		({ name }) => name === "process_start_time_seconds",
	);
	expect(Math.abs(Date.now() / 1000 - (started?.value ?? 0))).toBeLessThan(600);
});
