import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Observer } from "../../src/routes/observer.ts";
import {
	accessLog,
	sessionLabel,
} from "../../src/routes/operations/access-log.ts";
import { fakeBridge } from "../harness/fake-server.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { initializeRequest } from "../harness/raw-http.ts";

const path = "/servers/alpha/mcp";
const echo = { jsonrpc: "2.0", id: 1, method: "echo" };
const trace = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${trace}-b7ad6b7169203331-01`;

/** A request of revision 2026-07-28 with its headers. */
const modernRequest = (method: string) => ({
	body: modernRequestOf(method),
	headers: { "mcp-protocol-version": "2026-07-28", "mcp-method": method },
});

/** A bridge, and the lines of its access log. */
function logged(level: string, options = {}, names = ["alpha"]) {
	const lines: Record<string, unknown>[] = [];
	const log = pino(
		{ level, base: null },
		{ write: (line) => void lines.push(JSON.parse(line)) },
	);
	const bridge = fakeBridge(options, names, [accessLog(log)]);
	return { bridge, lines };
}

describe("a refused request", () => {
	test.each<
		[
			number,
			string,
			(bridge: ReturnType<typeof fakeBridge>) => Promise<Response>,
		]
	>([
		[400, "The body is not JSON", (bridge) => bridge.post(path, "{secret")],
		[400, "is not a JSON-RPC", (bridge) => bridge.post(path, { a: 1 })],
		[
			403,
			"not allowed",
			(bridge) => bridge.get(path, { host: "evil.example" }),
		],
		[
			404,
			"no such session",
			(bridge) => bridge.post(path, echo, { "mcp-session-id": "SECRET" }),
		],
		[404, "no server", (bridge) => bridge.post("/servers/beta/mcp", echo)],
		[404, "Nothing is at", (bridge) => bridge.get("/x?token=SECRET")],
		[405, "not possible", (bridge) => bridge.delete("/servers/alpha/sse")],
		[
			406,
			"answered by a stream",
			(bridge) => {
				const { headers, body } = modernRequest("subscriptions/listen");
				return bridge.post(path, body, {
					...headers,
					accept: "application/json",
				});
			},
		],
		[
			413,
			"larger than 1000 bytes",
			(bridge) =>
				bridge.post(path, { ...echo, params: { a: "x".repeat(1001) } }),
		],
		[
			415,
			"is not taken",
			(bridge) => bridge.post(path, echo, { "content-encoding": "gzip" }),
		],
		[
			431,
			"more than 1000",
			(bridge) => bridge.post(path, echo, { a: "x".repeat(2000) }),
		],
	])("with %i is one line at info with its reason: %s", async (status, reason, request) => {
		const { bridge, lines } = logged("info", {
			maxBodyBytes: 1000,
			maxHeaderBytes: 1000,
		});
		expect((await request(bridge)).status).toBe(status);
		expect(lines).toHaveLength(1);
		expect(lines[0]).toMatchObject({
			level: 30,
			status,
			reason: expect.stringContaining(reason),
			path: expect.stringMatching(/^\/[^?]*$/),
			method: expect.stringMatching(/^[A-Z]+$/),
		});
		expect(JSON.stringify(lines)).not.toMatch(/secret/i);
	});

	test("names the trace of its own _meta, else that of the header", async () => {
		const { bridge, lines } = logged("info");
		const other = "4bf92f3577b34da6a3ce929d0e0e4736";
		const headers = {
			"mcp-session-id": "SECRET",
			traceparent: `00-${other}-b7ad6b7169203331-01`,
		};
		await bridge.post(path, echo, headers);
		const params = { _meta: { traceparent } };
		await bridge.post(path, { ...echo, params }, headers);
		expect(lines).toMatchObject([{ trace: other }, { trace }]);
	});

	test("for want of room, or while the bridge closes, is one", async () => {
		const { bridge, lines } = logged("info", { maxSessions: 1 });
		await bridge.post(path, initializeRequest());
		expect((await bridge.post(path, initializeRequest())).status).toBe(503);
		bridge.state.closing = true;
		expect((await bridge.post(path, echo)).status).toBe(503);
		expect(lines).toMatchObject([
			{
				server: "alpha",
				status: 503,
				reason: expect.stringContaining("sessions"),
			},
			{
				server: "alpha",
				status: 503,
				reason: expect.stringContaining("shutting down"),
				request: 1,
			},
		]);
	});

	test("names its server, request, trace, and the session by a digest", async () => {
		const { bridge, lines } = logged("info");
		await bridge.post(path, echo, { "mcp-session-id": "SECRET", traceparent });
		await bridge.post("/servers/alpha/messages?session_id=SECRET", echo);
		const session = sessionLabel("SECRET");
		expect(session).toMatch(/^[\da-f]{8}$/);
		expect(lines).toMatchObject([
			{ server: "alpha", request: 1, trace, session, path },
			{ server: "alpha", session, path: "/servers/alpha/messages" },
		]);
		expect(JSON.stringify(lines)).not.toContain("SECRET");
	});

	test("quotes no header that mirrors the body", async () => {
		const { bridge, lines } = logged("info");
		const { headers, body } = modernRequest("echo");
		await bridge.post(path, body, { ...headers, "mcp-method": "SECRET" });
		expect(lines).toMatchObject([
			{ status: 400, reason: expect.stringContaining("Mcp-Method") },
		]);
		expect(JSON.stringify(lines)).not.toContain("SECRET");
	});

	test("over HTTP+SSE is one too where its error goes out on the stream", async () => {
		const { bridge, lines } = logged("info");
		const { endpoint } = await bridge.openSse();
		const foreign = {
			...echo,
			params: {
				_meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" },
			},
		};
		expect((await bridge.post(endpoint, foreign)).status).toBe(202);
		expect(lines).toMatchObject([
			{
				server: "alpha",
				status: 400,
				request: 1,
				msg: expect.stringContaining("on its stream"),
				reason: expect.stringContaining("2026-07-28"),
			},
		]);
	});

	test("has a path that is written as the client wrote it, and not longer than 300 characters", async () => {
		const { bridge, lines } = logged("info");
		await bridge.get("/a%0a%1b%5b31mforged");
		await bridge.get(`/${"x".repeat(5000)}`);
		expect(lines[0]?.path).toBe("/a%0a%1b%5b31mforged");
		expect(String(lines[1]?.path).length).toBeLessThan(302);
		expect(String(lines[1]?.reason).length).toBeLessThan(302);
	});
});

describe("many refused requests", () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	test("are twenty lines of a kind in a minute and the number of the others, and other kinds are not hidden", async () => {
		const { bridge, lines } = logged("info");
		for (let count = 0; count < 1254; count++) await bridge.get(`/x${count}`);
		expect(lines).toHaveLength(20);
		await bridge.post(path, "{");
		expect(lines).toHaveLength(21);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(lines.slice(21)).toMatchObject([
			{
				status: 404,
				count: 1234,
				msg: expect.stringContaining("and 1,234 more"),
			},
		]);
		await bridge.get("/x");
		expect(lines).toHaveLength(23);
	});

	test("of many servers are at most a hundred lines", async () => {
		const names = Array.from({ length: 12 }, (_, at) => `s${at}`);
		const { bridge, lines } = logged("info", {}, names);
		for (let round = 0; round < 15; round++) {
			for (const name of names) await bridge.post(`/servers/${name}/mcp`, "{");
		}
		expect(lines).toHaveLength(100);
		await vi.advanceTimersByTimeAsync(60_000);
		const more = lines.slice(100).map(({ count }) => Number(count));
		expect(more.reduce((sum, count) => sum + count)).toBe(80);
	});
});

describe("at debug", () => {
	test("the requests of a session are lines with outcome and time, and without payloads", async () => {
		const { bridge, lines } = logged("debug");
		const opened = await bridge.post(path, initializeRequest(), {
			traceparent,
		});
		const id = opened.headers.get("mcp-session-id") ?? "";
		const headers = { "mcp-session-id": id };
		const call = (id: number, name: string, more = {}) => ({
			jsonrpc: "2.0",
			id,
			method: "tools/call",
			params: { name, arguments: { text: "PAYLOAD" }, ...more },
		});
		const pending = [
			bridge.post(path, call(2, "good", { _meta: { traceparent } }), headers),
			bridge.post(path, call(3, "bad"), headers),
		];
		const [peer] = bridge.peers;
		await Promise.all([peer?.asked(2), peer?.asked(3)]);
		peer?.answer(2, { content: [{ type: "text", text: "PAYLOAD" }] });
		peer?.answer(3, { isError: true, content: [] });
		await Promise.all(pending);
		await bridge.delete(path, headers);
		const session = sessionLabel(id);
		const common = { level: 20, server: "alpha", session };
		expect(lines).toMatchObject([
			{ ...common, method: "initialize", request: 0, trace, outcome: "ok" },
			{
				...common,
				method: "tools/call",
				tool: "good",
				request: 2,
				trace,
				outcome: "ok",
				ms: expect.any(Number),
			},
			{
				...common,
				method: "tools/call",
				tool: "bad",
				request: 3,
				outcome: "tool-error",
			},
		]);
		expect(lines.filter(({ trace }) => trace)).toHaveLength(2);
		expect(JSON.stringify(lines)).not.toContain("PAYLOAD");
		expect(JSON.stringify(lines)).not.toContain(id);
	});

	test("a request without a session, a modern one, and one over HTTP+SSE are lines too", async () => {
		const { bridge, lines } = logged("debug");
		await bridge.post(path, echo);
		const { headers, body } = modernRequest("echo");
		await bridge.post(path, body, headers);
		const { endpoint } = await bridge.openSse();
		await bridge.post(endpoint, echo, { traceparent });
		expect(lines).toMatchObject([
			{ method: "echo", outcome: "ok" },
			{ method: "echo", outcome: "ok" },
			{
				method: "echo",
				outcome: "ok",
				trace,
				session: expect.stringMatching(/^[\da-f]{8}$/),
			},
		]);
		expect(lines[0]).not.toHaveProperty("session");
	});
});

test("with nobody who watches requests none is measured", async () => {
	const seen: unknown[] = [];
	const observer: Observer = {
		watchesRequests: false,
		refused() {},
		answered: (answered) => seen.push(answered),
		sessionOpened() {},
		sessionEnded() {},
	};
	const bridge = fakeBridge({}, ["alpha"], [observer]);
	expect((await bridge.post(path, echo)).status).toBe(200);
	expect(seen).toEqual([]);
});
