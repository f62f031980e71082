import { createTraceState, SpanKind } from "@opentelemetry/api";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { BridgeSpan, type SpanFacts } from "../../src/telemetry/bridge-span.ts";
import { otlpProtobuf } from "../../src/telemetry/otlp-protobuf.ts";
import { decodeTraces } from "../harness/decode-traces.ts";

const origin = {
	resource: resourceFromAttributes({
		"service.name": "bridge",
		"deployment.environment": "Grüße",
	}),
	instrumentationScope: { name: "mcp-edge-bridge", version: "1.2.3" },
};
const shape = {
	name: "tools/call échø",
	kind: SpanKind.SERVER,
	attributes: { "gen_ai.tool.name": "échø", "network.transport": "tcp" },
};
const context = {
	traceId: "0af7651916cd43dd8448eb211c80319c",
	spanId: "b7ad6b7169203331",
	traceFlags: 1,
};

function spanOf(facts: Partial<SpanFacts>): ReadableSpan {
	return new BridgeSpan(origin, shape, {
		context,
		parent: undefined,
		startedAt: 1_795_788_066_812.125,
		endedAt: 1_795_788_067_001.5,
		status: { code: 0 },
		attributes: {},
		links: [],
		...facts,
	}) as ReadableSpan;
}

describe("spans as Protocol Buffers", () => {
	test.each<[string, Partial<SpanFacts>[]]>([
		["one without anything", [{}]],
		[
			"one with everything",
			[
				{
					parent: { ...context, spanId: "00f067aa0ba902b7", isRemote: true },
					context: { ...context, traceState: createTraceState("a=1,b=2") },
					status: { code: 2, message: "It has failed: 🙂" },
					attributes: {
						"jsonrpc.request.id": "1",
						"mcp.session.id": undefined,
						"url.path": "/servers/é/mcp",
						"client.address": "x".repeat(90),
						long: "y".repeat(300),
						"very long": "z".repeat(70_000),
					},
					links: [{ context: { ...context, isRemote: true } }],
				},
			],
		],
		["many", Array.from({ length: 600 }, (_, i) => ({ startedAt: i * 1e9 }))],
	])("say what the library's own serializer says: %s", (_name, facts) => {
		const spans = facts.map(spanOf);
		const theirs = ProtobufTraceSerializer.serializeRequest(spans);
		const ours = otlpProtobuf().serializeRequest(spans);
		expect(decodeTraces(ours ?? new Uint8Array())).toEqual(
			decodeTraces(theirs ?? new Uint8Array()),
		);
	});

	test("a batch does not change what the one before it was", () => {
		const serializer = otlpProtobuf();
		const first = serializer.serializeRequest([spanOf({})]);
		const before = Buffer.from(first ?? []);
		serializer.serializeRequest([spanOf({ startedAt: 0, endedAt: 1 })]);
		expect(Buffer.from(first ?? [])).toEqual(before);
	});
});
