import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import type { Json, TransportName } from "../harness/clients.ts";
import { type Collector, startCollector } from "../harness/collector.ts";
import { residentMib } from "../harness/memory.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { post, RawClient } from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { connectEraClient } from "./eras/connect-era-client.ts";
import { call, jsonOf, withoutProtocolMeta } from "./eras/replies.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const otherTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${parentId}-01`;
const servers = {
	legacy: fixture("everything"),
	modern: fixture("everything-modern", [], { protocol: "modern" }),
	raw: fixture("legacy-raw"),
};
const soon = { OTEL_BSP_SCHEDULE_DELAY: "20" };
let lastId = 100;

/** Calls `params`, and gives the `_meta` that the child got, and the id of the call. */
async function received(
	bridge: Bridge,
	headers: Record<string, string> = {},
	meta: Json | undefined = undefined,
): Promise<{ id: string; meta: Record<string, string> }> {
	const id = `call-${++lastId}`;
	const response = await post(
		`${bridge.url}/servers/legacy/mcp`,
		callMessage(id, "params", {}, meta),
		{ accept: "application/json", ...headers },
	);
	const { result } = await response.json();
	return { id, meta: JSON.parse(result.content[0].text)._meta ?? {} };
}

describe("with a collector", () => {
	let collector: Collector;
	let bridge: Bridge;
	beforeAll(async () => {
		collector = await startCollector();
		const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...soon };
		bridge = await startBridge(
			{ servers },
			{ env, args: ["--log-level", "debug", "--log-format", "json"] },
		);
	});

	test.each([
		["2025-11-25", "legacy"],
		["2025-11-25", "modern"],
		["2026-07-28", "legacy"],
		["2026-07-28", "modern"],
	] as const)("a client of %s and a %s server are one trace, and what else is in _meta stays", async (revision, server) => {
		const client = await connectEraClient(bridge, server, revision);
		const trace = `0af7651916cd43dd8448eb211c80${++lastId + 1000}`;
		const meta = {
			traceparent: `00-${trace}-${parentId}-01`,
			tracestate: "vendor=value",
			baggage: "user=ada",
			"example.com/own": [1],
		};
		const params = jsonOf(await call(client, "params", {}, { meta }));
		await client.close();
		const spans = await collector.until((all) => {
			const found = all.filter(({ traceId }) => traceId === trace);
			return found.length >= 2 ? found : undefined;
		});
		const own = spans.find(({ kind }) => kind === 2);
		const child = spans.find(({ kind }) => kind === 3);
		expect(own).toMatchObject({
			parentSpanId: parentId,
			traceState: "vendor=value",
			// Sampled, and the parent is a remote one.
			flags: 0x301,
		});
		expect(child).toMatchObject({ parentSpanId: own?.spanId, flags: 0x101 });
		expect(spans).toHaveLength(2);
		expect(withoutProtocolMeta(params)._meta).toEqual({
			...meta,
			traceparent: `00-${trace}-${child?.spanId}-01`,
		});
	});

	test("the header is continued with its tracestate and baggage; without it a trace begins", async () => {
		const fromHeader = await received(bridge, {
			traceparent,
			tracestate: "a=1",
			baggage: "user=ada",
		});
		const one = await collector.pair(fromHeader.id);
		expect(one.server).toMatchObject({ traceId, parentSpanId: parentId });
		expect(fromHeader.meta).toEqual({
			traceparent: `00-${traceId}-${one.client?.spanId}-01`,
			tracestate: "a=1",
			baggage: "user=ada",
		});

		const begun = await received(bridge);
		const other = await collector.pair(begun.id);
		expect(other.server).toMatchObject({ parentSpanId: "", links: [] });
		expect(begun.meta).toEqual({
			traceparent: `00-${other.server.traceId}-${other.client?.spanId}-01`,
		});

		const invalid = await received(
			bridge,
			{ traceparent: "00-nonsense" },
			{ traceparent: 5, tracestate: "of=nobody" },
		);
		const third = await collector.pair(invalid.id);
		expect(third.server.parentSpanId).toBe("");
		expect(invalid.meta).toEqual({
			traceparent: `00-${third.server.traceId}-${third.client?.spanId}-01`,
		});
	});

	test("the message's own _meta is the parent, and the header's trace a link", async () => {
		const { id, meta } = await received(
			bridge,
			{
				traceparent: `00-${otherTraceId}-00f067aa0ba902b7-01`,
				tracestate: "header=1",
			},
			{ traceparent },
		);
		const { server, client } = await collector.pair(id);
		expect(server).toMatchObject({
			traceId,
			parentSpanId: parentId,
			links: [{ traceId: otherTraceId, spanId: "00f067aa0ba902b7" }],
		});
		expect(meta).toEqual({
			traceparent: `00-${traceId}-${client?.spanId}-01`,
		});
	});

	test("a trace that its client does not record has no spans, and goes on as it came", async () => {
		const unrecorded = `00-${otherTraceId}-${parentId}-00`;
		const inMeta = await received(bridge, {}, { traceparent: unrecorded });
		const inHeader = await received(bridge, { traceparent: unrecorded });
		expect(inMeta.meta).toEqual({ traceparent: unrecorded });
		expect(inHeader.meta).toEqual({ traceparent: unrecorded });
		const { id } = await received(bridge);
		await collector.pair(id);
		const ids = collector.spans.map((span) => span.attributes);
		for (const call of [inMeta, inHeader])
			expect(ids).not.toContainEqual(
				expect.objectContaining({ "jsonrpc.request.id": call.id }),
			);
	});

	test.each<TransportName>([
		"sse",
		"streamable",
	])("errors, failed tools and cancelled calls are errors of both spans, over %s", async (transport) => {
		const client = await RawClient.connect(bridge, "raw", transport);
		const id = (name: string) => `${transport}-${name}`;
		const both = async (name: string) => {
			const { server, client: child } = await collector.pair(id(name));
			expect(child?.status).toEqual(server.status);
			return server;
		};
		await client.request(callMessage(id("unknown"), "nonsense"));
		expect(await both("unknown")).toMatchObject({
			name: "tools/call nonsense",
			status: { code: 2, message: "Unknown tool nonsense" },
			attributes: {
				"rpc.response.status_code": "-32602",
				"error.type": "-32602",
			},
		});

		const name = id("held");
		void client.send(callMessage(name, "hold", { name }));
		await client.text(id("pid"), "pid");
		await client.send({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: name },
		});
		expect(await both("held")).toMatchObject({
			status: { code: 2, message: "The request was cancelled" },
			attributes: { "error.type": "cancelled" },
		});
		expect(await both("pid")).toMatchObject({
			status: { code: 0 },
			attributes: { "mcp.session.id": expect.any(String) },
		});
		client.close();
	});

	test("what the bridge answers itself has no span of a child", async () => {
		const client = await RawClient.open(bridge, "legacy", "streamable");
		await client.initialize("2025-11-25", {}, "my-initialize");
		const { server, client: child } = await collector.pair("my-initialize");
		expect(server.name).toBe("initialize");
		expect(child).toBeUndefined();
	});

	test("the log names the trace of each request, also one that the bridge has begun", async () => {
		const { id, meta } = await received(bridge);
		const line = JSON.parse(await bridge.waitForLog(`"${id}"`));
		expect(meta.traceparent).toContain(line.trace);
		expect(line).toMatchObject({ server: "legacy", request: id });
	});
});

test("spans of a part of the traces as JSON, at an endpoint with a path of its own", async () => {
	const collector = await startCollector();
	const bridge = await startBridge(
		{ servers },
		{
			env: {
				OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/my/path`,
				OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
				OTEL_TRACES_SAMPLER: "traceidratio",
				OTEL_TRACES_SAMPLER_ARG: "0.5",
				...soon,
			},
		},
	);
	const calls = [];
	for (let i = 0; i < 40; i++) calls.push(await received(bridge));
	const flags = calls.map(({ meta }) => meta.traceparent?.slice(-2));
	expect(new Set(flags)).toEqual(new Set(["00", "01"]));
	await bridge.stop();
	const names = JSON.stringify(collector.json).match(/"tools\/call params"/g);
	const sampled = flags.filter((flag) => flag === "01").length;
	expect(names).toHaveLength(2 * sampled);
	expect(new Set(collector.paths)).toEqual(new Set(["/my/path"]));
});

describe("where it cannot be sent", () => {
	test("a collector that is not there, or hangs, holds nothing up, and its spans are dropped", async () => {
		const hanging = await startCollector({ silent: true });
		const nowhere = await closedPort();
		for (const endpoint of [hanging.endpoint, `http://127.0.0.1:${nowhere}`]) {
			const bridge = await startBridge(
				{ servers },
				{
					env: {
						OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
						OTEL_BSP_MAX_QUEUE_SIZE: "50",
						OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "10",
						...soon,
					},
				},
			);
			await many(bridge, 200);
			const before = residentMib(bridge.pid);
			await many(bridge, 600);
			// Spans of 300 requests that are kept are less than that, and so is the machine's own unrest.
			expect(residentMib(bridge.pid) - before).toBeLessThan(30);
			expect(await bridge.stop()).toEqual({ code: 0, signal: null });
			expect(bridge.log.join("\n")).toMatch(/spans could not be sent/);
		}
	});

	test("a protocol that the bridge does not speak is warned about, and the bridge works", async () => {
		const bridge = await startBridge(
			{ servers },
			{
				env: {
					OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4317",
					OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
				},
			},
		);
		await bridge.waitForLog(/OTEL_EXPORTER_OTLP_PROTOCOL is .*grpc/);
		const { meta } = await received(bridge, {}, { traceparent });
		expect(meta).toEqual({ traceparent });
	});
});

test("where nothing asks for traces, no package of OpenTelemetry is loaded, and trace context passes as it came", async () => {
	const collector = await startCollector();
	const preload = "report-packages.mjs";
	const off = await startBridge(
		{ servers },
		{ preload, args: ["--log-level", "debug", "--log-format", "json"] },
	);
	const meta = { traceparent: "00-1", tracestate: "a=1" };
	const { id, meta: got } = await received(off, { traceparent }, meta);
	expect(got).toEqual(meta);
	expect(JSON.parse(await off.waitForLog(`"${id}"`)).trace).toBe(traceId);
	await off.stop();
	expect(off.log).toContain("packages: 0");

	const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
	const on = await startBridge({ servers }, { preload, env });
	await on.stop();
	expect(on.log.join("\n")).toMatch(/packages: [1-9]/);
});

/** Calls one after the other, with a new trace each. */
async function many(bridge: Bridge, count: number): Promise<void> {
	const client = new ModernClient(bridge, "legacy");
	for (let i = 0; i < count; i += 20) {
		const batch = Array.from({ length: 20 }, () =>
			client.request("tools/call", { name: "echo", arguments: {} }),
		);
		for (const { response } of await Promise.all(batch))
			expect(response.error).toBeUndefined();
	}
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
	const server = createServer((socket: Socket) => socket.destroy());
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	server.close();
	await once(server, "close");
	return port;
}
