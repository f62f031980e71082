import { expect, test } from "vitest";
import { startCollector } from "../harness/collector.ts";
import { post, RawClient } from "../harness/raw-http.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";

/** Traces on each runtime; what is in them is the matter of trace-context.test.ts. */

const traceId = "0af7651916cd43dd8448eb211c80319c";

test("what is not sent yet when the bridge is told to end is sent then", async () => {
	const collector = await startCollector();
	const bridge = await startBridge(
		{ servers: { one: fixture("everything") } },
		{
			env: {
				OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
				OTEL_SERVICE_NAME: "my-bridge",
				OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
				// Longer than the test takes.
				OTEL_BSP_SCHEDULE_DELAY: "600000",
			},
		},
	);
	const client = await RawClient.connect(bridge, "one", "streamable");
	const response = await post(
		client.endpoint,
		{
			jsonrpc: "2.0",
			id: "call-1",
			method: "tools/call",
			params: { name: "params", arguments: {} },
		},
		{
			...client.headers,
			traceparent: `00-${traceId}-b7ad6b7169203331-01`,
		},
	);
	const answer = await response.json();
	const { traceparent } = JSON.parse(answer.result.content[0].text)._meta;
	expect(collector.spans).toEqual([]);
	expect(await bridge.stop()).toEqual({ code: 0, signal: null });

	const { server, client: child } = await collector.pair("call-1");
	expect(server).toMatchObject({
		traceId,
		parentSpanId: "b7ad6b7169203331",
		name: "tools/call params",
		kind: 2,
		status: { code: 0 },
		scope: expect.stringMatching(/^mcp-edge-bridge \d/),
		resource: {
			"service.name": "my-bridge",
			"deployment.environment.name": "test",
		},
		attributes: {
			"mcp.method.name": "tools/call",
			"gen_ai.tool.name": "params",
			"gen_ai.operation.name": "execute_tool",
			"mcp_edge_bridge.server": "one",
			"mcp.session.id": expect.stringMatching(/^[\da-f]{8}$/),
			"url.path": "/servers/one/mcp",
			"client.address": "127.0.0.1",
			"network.transport": "tcp",
		},
	});
	expect(child).toMatchObject({
		traceId,
		parentSpanId: server.spanId,
		name: "tools/call params",
		kind: 3,
		attributes: { "network.transport": "pipe", "gen_ai.tool.name": "params" },
	});
	expect(traceparent).toBe(`00-${traceId}-${child?.spanId}-01`);
	const times = [server.start, child?.start, child?.end, server.end];
	expect(times.toSorted((a, b) => Number(a) - Number(b))).toEqual(times);
	const now = BigInt(Date.now()) * 1_000_000n;
	expect(now - server.start).toBeLessThan(60_000_000_000n);
	expect(collector.paths).toEqual(["/v1/traces"]);
});
