import { resourceFromAttributes } from "@opentelemetry/resources";
import { describe, expect, test } from "vitest";
import type { Members, Request } from "../../src/protocol/messages.ts";
import type { BridgeSpan } from "../../src/telemetry/bridge-span.ts";
import { SpanShapes } from "../../src/telemetry/span-shapes.ts";
import { traceObserver } from "../../src/telemetry/trace-observer.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const recorded = `00-${traceId}-b7ad6b7169203331-01`;

function follow(
	{ headers = {}, meta, method = "tools/list" }: Case,
	{ traceContext = true, baggage = true, sampled = true } = {},
) {
	const spans: BridgeSpan[] = [];
	const observer = traceObserver({
		origin: {
			resource: resourceFromAttributes({}),
			instrumentationScope: { name: "test" },
		},
		shapes: new SpanShapes(),
		propagates: { traceContext, baggage },
		isSampled: () => sampled,
		ended: (span) => spans.push(span),
	});
	const request: Request = { jsonrpc: "2.0", id: 1, method };
	if (meta) request.params = { _meta: meta };
	const origin = {
		traceparent: undefined,
		tracestate: undefined,
		baggage: undefined,
		path: "/mcp",
		address: undefined,
		arrivedAt: undefined,
		...headers,
	};
	const followed = observer.follow?.(request, origin, { server: "one" });
	if (!followed) throw new Error("not followed");
	const answer = { jsonrpc: "2.0", id: 1, result: {} } as const;
	followed.answered(answer, "ok", performance.now());
	return { request, followed, spans, passedOn: followed.request.params?._meta };
}

interface Case {
	headers?: Record<string, string>;
	meta?: Members;
	method?: string;
}

describe("a request that is not sampled", () => {
	const off = { sampled: false };

	test("goes on as it is where its own _meta says the same already", () => {
		const meta = { traceparent: recorded.replace(/01$/, "00") };
		const { request, followed, spans } = follow({ meta }, off);
		expect(followed.request).toBe(request);
		expect(spans).toEqual([]);
	});

	test("tells its child so, under the client's span or one that nobody has", () => {
		const meta = { traceparent: recorded };
		const kept = `00-${traceId}-b7ad6b7169203331-00`;
		expect(follow({ meta }, off).passedOn).toEqual({ traceparent: kept });
		expect(follow({}, off).passedOn).toEqual({
			traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-00$/),
		});
	});
});

test("without propagators each request is a trace of its own, and goes on as it is", () => {
	const case_ = { headers: { traceparent: recorded, baggage: "a=1" } };
	const none = { traceContext: false, baggage: false };
	const { request, followed, spans } = follow(case_, none);
	expect(followed.request).toBe(request);
	expect(followed.traceId).not.toBe(traceId);
	expect(spans).toHaveLength(2);
});

test("baggage of the message's own is not replaced by the header's", () => {
	const headers = { traceparent: recorded, baggage: "from=header" };
	const own = follow({ headers, meta: { baggage: "from=message" } });
	expect(own.passedOn).toMatchObject({ baggage: "from=message" });
	expect(follow({ headers }).passedOn).toMatchObject({
		baggage: "from=header",
	});
});

test("names of any length and number are bounded in spans", () => {
	const { spans } = follow({ method: "x".repeat(5000) });
	expect(spans.map(({ name }) => name.length)).toEqual([301, 301]);
});
