import { readFileSync } from "node:fs";
import { ClientRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
	cancelledError,
	endedError,
	queueFull,
	requestTimeout,
} from "../../src/protocol/bridge-errors.ts";
import { childError } from "../../src/protocol/child-error.ts";
import {
	type ErrorObject,
	errorOf,
	type Members,
	resultOf,
} from "../../src/protocol/messages.ts";
import type { Exit } from "../../src/protocol/wire.ts";
import { metricFamilies } from "../../src/routes/operations/metrics/metric-families.ts";
import { maxTools } from "../../src/routes/operations/metrics/request-counts.ts";
import { methodLabel } from "../../src/routes/operations/metrics/request-labels.ts";
import type { serverStates } from "../../src/routes/operations/metrics/server-families.ts";
import type { State } from "../../src/spawn/supervisor-state.ts";
import { type FakeBridge, fakeBridge } from "../harness/fake-server.ts";
import { parseMetrics } from "../harness/metrics.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { initializeRequest } from "../harness/raw-http.ts";

const path = "/servers/alpha/mcp";
const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
const echo = { jsonrpc: "2.0", id: 1, method: "echo" };
const request = (method: string, params?: Members) => ({
	jsonrpc: "2.0",
	id: 5,
	method,
	params,
});
const call = (name: unknown) => request("tools/call", { name });

async function scrape(bridge: FakeBridge) {
	const response = await bridge.get("/metrics");
	expect(response.headers.get("content-type")).toBe(
		"text/plain; version=0.0.4; charset=utf-8",
	);
	return parseMetrics(await response.text());
}

/** The values of a metric that are not zero, with their labels but for the server. */
async function labelled(bridge: FakeBridge, name: string) {
	return (await scrape(bridge))
		.filter((sample) => sample.name === `mcp_edge_bridge_${name}`)
		.filter(({ value }) => value !== 0)
		.map(({ labels: { server, ...labels }, value }) => ({ ...labels, value }));
}

/** Asks by a request of its own, and has it answered so. */
async function ask(
	bridge: FakeBridge,
	asked: ReturnType<typeof request>,
	answer: { result: Members } | { error: ErrorObject },
): Promise<void> {
	const peer = bridge.opened(bridge.peers.length);
	const pending = bridge.post(path, asked);
	await (await peer).asked(5);
	(await peer).send(
		5,
		"result" in answer ? resultOf(5, answer.result) : errorOf(5, answer.error),
	);
	await pending;
}

const list = (tools: Members[]) => ({ result: { tools } });
const named = (...names: string[]) => names.map((name) => ({ name }));

describe("requests are counted", () => {
	test("over Streamable HTTP, over HTTP+SSE, in revision 2026-07-28, and each of a batch", async () => {
		const bridge = fakeBridge();
		await bridge.post(path, echo);
		const { endpoint } = await bridge.openSse();
		await bridge.post(endpoint, echo);
		await bridge.post(path, modernRequestOf("echo"), {
			"mcp-protocol-version": "2026-07-28",
			"mcp-method": "echo",
		});
		const opened = await bridge.post(path, initializeRequest("2025-03-26"));
		const headers = {
			"mcp-session-id": opened.headers.get("mcp-session-id") ?? "",
		};
		await bridge.post(path, [echo, { ...ping, id: 2 }], headers);
		expect(await labelled(bridge, "requests_total")).toEqual([
			{ method: "other", outcome: "ok", value: 4 },
			{ method: "initialize", outcome: "ok", value: 1 },
			{ method: "ping", outcome: "ok", value: 1 },
		]);
		expect(await labelled(bridge, "request_duration_seconds_count")).toEqual([
			{ method: "other", value: 4 },
			{ method: "initialize", value: 1 },
			{ method: "ping", value: 1 },
		]);
	});

	test("under their method where a revision knows it", () => {
		for (const { shape } of ClientRequestSchema.options) {
			const { value } = shape.method;
			expect(methodLabel(value)).toBe(value);
		}
		expect(methodLabel("constructor")).toBe("other");
	});

	const overdue = {
		server: "alpha",
		method: "tools/call",
		limit: "requestTimeoutMs",
		timeoutMs: 5,
		wasSent: true,
	} as const;
	const died: Exit = { code: "CHILD_EXITED", reason: "", stderr: [] };
	test.each<[string, { result: Members } | { error: ErrorObject }]>([
		["ok", { result: {} }],
		["tool-error", { result: { isError: true } }],
		["input-required", { result: { resultType: "input_required" } }],
		["input-required", { error: { code: -32042, message: "" } }],
		["cancelled", { error: cancelledError }],
		["cancelled", { error: endedError }],
		["invalid", { error: { code: -32602, message: "" } }],
		["error", { error: { code: -32603, message: "" } }],
		["error", { error: { code: 17, message: "" } }],
		["timeout", { error: requestTimeout(overdue) }],
		["overloaded", { error: queueFull("alpha", "maxQueue") }],
		["unavailable", { error: childError("alpha", died) }],
		// What another server's bridge says is its own matter.
		["error", { error: childError("beta", died) }],
	])("as %s by what answers them", async (outcome, answer) => {
		const bridge = fakeBridge();
		await ask(bridge, call("x"), answer);
		expect(await labelled(bridge, "requests_total")).toEqual([
			{ method: "tools/call", outcome, value: 1 },
		]);
	});

	test("and forgotten with their server", async () => {
		const bridge = fakeBridge({}, ["alpha", "beta"]);
		await bridge.post(path, echo);
		await bridge.post("/servers/beta/mcp", echo);
		bridge.servers.shift();
		const servers = (await scrape(bridge)).map(({ labels }) => labels.server);
		expect(new Set(servers)).toEqual(new Set([undefined, "", "beta"]));
	});
});

describe("tool calls are counted by the tool", () => {
	test("where the server lists it, page by page", async () => {
		const bridge = fakeBridge();
		await ask(bridge, call("add"), { result: {} });
		await ask(bridge, request("tools/list"), list(named("add")));
		await ask(bridge, request("tools/list", { cursor: "2" }), {
			result: { tools: [...named('a"b\\'), null, { name: 7 }] },
		});
		for (const name of ["add", 'a"b\\', "x1", "x2", 7]) {
			await ask(bridge, call(name), { result: {} });
		}
		await ask(bridge, call("add"), { result: { isError: true } });
		expect(await labelled(bridge, "tool_calls_total")).toEqual([
			{ tool: "other", outcome: "ok", value: 4 },
			{ tool: "add", outcome: "ok", value: 1 },
			{ tool: "add", outcome: "tool-error", value: 1 },
			{ tool: 'a"b\\', outcome: "ok", value: 1 },
		]);
		expect(
			await labelled(bridge, "tool_call_duration_seconds_count"),
		).toContainEqual({ tool: "add", value: 2 });
	});

	test("up to a hundred of a server, and none of a longer name than names may have", async () => {
		const bridge = fakeBridge();
		const many = Array.from({ length: maxTools + 5 }, (_, at) => `tool${at}`);
		const all = ["x".repeat(129), ...many];
		await ask(bridge, request("tools/list"), list(named(...all)));
		for (const name of all) await ask(bridge, call(name), { result: {} });
		const counted = await labelled(bridge, "tool_calls_total");
		expect(counted).toHaveLength(maxTools + 1);
		expect(counted).toContainEqual({ tool: "other", outcome: "ok", value: 6 });
	});
});

describe("HTTP is counted", () => {
	test("by route, method and status, with the server where the path names one", async () => {
		const bridge = fakeBridge();
		await bridge.post(path, echo);
		await bridge.post(`${path}/`, echo);
		await bridge.post(path, "{");
		await bridge.get("/servers/nobody/mcp");
		await bridge.get("/health/live");
		await bridge.get("/wp-login.php");
		await bridge.app.request("/status", { method: "PROPFIND" });
		const responses = (await scrape(bridge)).filter(
			({ name }) => name === "mcp_edge_bridge_http_responses_total",
		);
		expect(
			responses.map(({ labels, value }) => [
				...[labels.server, labels.route, labels.method, labels.status],
				value,
			]),
		).toEqual([
			["alpha", "mcp", "POST", "200", 2],
			["alpha", "mcp", "POST", "400", 1],
			["", "mcp", "GET", "404", 1],
			["", "health", "GET", "200", 1],
			["", "other", "GET", "404", 1],
			["", "status", "other", "404", 1],
		]);
	});

	test.each<[string, (bridge: FakeBridge) => Promise<Response>]>([
		["parse-error", (bridge) => bridge.post(path, "{secret")],
		["invalid-request", (bridge) => bridge.post(path, { a: 1 })],
		["forbidden", (bridge) => bridge.get(path, { host: "evil.example" })],
		["path-not-found", (bridge) => bridge.get("/x")],
		["method-not-allowed", (bridge) => bridge.delete("/servers/alpha/sse")],
		["maxBodyBytes", (bridge) => bridge.post(path, "x".repeat(301))],
		[
			"session-not-found",
			(bridge) => bridge.post(path, echo, { "mcp-session-id": "X" }),
		],
		[
			"unsupported-encoding",
			(bridge) => bridge.post(path, echo, { "content-encoding": "gzip" }),
		],
		[
			"closing",
			(bridge) => {
				bridge.state.closing = true;
				return bridge.post(path, echo);
			},
		],
		[
			"header-mismatch",
			(bridge) =>
				bridge.post(path, modernRequestOf("echo"), {
					"mcp-protocol-version": "2026-07-28",
					"mcp-method": "SECRET",
				}),
		],
	])("and a refusal by its reason, %s", async (reason, refuse) => {
		const bridge = fakeBridge({ maxBodyBytes: 300 });
		expect((await refuse(bridge)).status).toBeGreaterThanOrEqual(400);
		expect(await labelled(bridge, "requests_refused_total")).toEqual([
			{ reason, value: 1 },
		]);
	});

	test("and what a server answers names no reason", async () => {
		const bridge = fakeBridge();
		const pending = bridge.post(path, modernRequestOf("x", {}, { id: 5 }), {
			"mcp-protocol-version": "2026-07-28",
			"mcp-method": "x",
		});
		const peer = await bridge.opened(0);
		await peer.asked(5);
		const data = { code: "LIMIT_REACHED", limit: "CHOSEN" };
		peer.send(5, errorOf(5, { code: -32601, message: "", data }));
		expect((await pending).status).toBe(404);
		expect(await labelled(bridge, "requests_refused_total")).toEqual([
			{ reason: "method-not-found", value: 1 },
		]);
	});
});

describe("docs/metrics.md", () => {
	const page = readFileSync(
		new URL("../../docs/metrics.md", import.meta.url),
		"utf8",
	);
	const rows = [
		...page.matchAll(/^\| `(\w+)` \| (\w+) \| (.*) \| (.*) \|$/gm),
	].map(([, name, type, labels, help]) => ({ name, type, labels, help }));

	test("has a row for each metric, as it is", () => {
		expect(rows).toEqual(
			metricFamilies.map(({ name, type, labels, help }) => ({
				name,
				type,
				labels: labels.map((label) => `\`${label}\``).join(", "),
				help,
			})),
		);
	});
});

test("a server has no other states than those that are shown", () => {
	expectTypeOf<(typeof serverStates)[number]>().toEqualTypeOf<
		State<unknown>["name"]
	>();
});
