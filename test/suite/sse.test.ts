import { Client, SSEClientTransport } from "@modelcontextprotocol/client";
import { beforeAll, describe, expect, test } from "vitest";
import {
	initializedNotification,
	initializeRequest,
	openSse,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** The HTTP+SSE transport of revision 2024-11-05. */

const servers = { everything: fixture("everything") };
const endpointPath = /^\/servers\/everything\/messages\?session_id=[^&#\s]+$/;

/** The path that the endpoint event names. */
async function endpoint(
	sse: string,
	headers: Record<string, string> = {},
): Promise<string> {
	const stream = await openSse(sse, headers);
	const { data } = await stream.event(({ event }) => event === "endpoint");
	stream.close();
	return data ?? "";
}

/** Initializes over a stream opened at `sse`: its endpoint works. */
async function handshake(sse: string): Promise<void> {
	const stream = await openSse(sse);
	const { data } = await stream.event(({ event }) => event === "endpoint");
	const response = await post(new URL(data ?? "", sse), initializeRequest());
	expect(response.status).toBe(202);
	await response.text();
	await stream.message(({ id }) => id === 0);
	stream.close();
}

describe("a bridge as it comes", () => {
	let bridge: Bridge;
	let sse: string;
	beforeAll(async () => {
		bridge = await startBridge({ servers, maxBodyBytes: 20_000 });
		sse = `${bridge.url}/servers/everything/sse`;
	});

	test("the first event is endpoint, a root-relative path", async () => {
		const stream = await openSse(sse);
		const first = await stream.event(({ comment }) => comment === undefined);
		expect(first).toEqual({
			event: "endpoint",
			data: expect.stringMatching(endpointPath),
			// What an EventSource comes back with.
			id: expect.stringMatching(/^[\w.-]+$/),
		});
		stream.close();
	});

	test("every stream has a session of its own", async () => {
		expect(await endpoint(sse)).not.toBe(await endpoint(sse));
	});

	test("no proxy buffers the stream", async () => {
		const stream = await openSse(sse);
		const { headers } = stream.response;
		expect(headers.get("content-type")).toBe(
			"text/event-stream; charset=utf-8",
		);
		expect(headers.get("x-accel-buffering")).toBe("no");
		expect(headers.get("cache-control")).toBe("no-cache, no-transform");
		stream.close();
	});

	test.each([
		"*/*",
		"application/json, text/event-stream",
	])("it opens for Accept: %s", async (accept) => {
		expect(await endpoint(sse, { accept })).toMatch(endpointPath);
	});

	test.each(["/", "?token=x"])("the path followed by %s", async (suffix) => {
		expect(await endpoint(sse + suffix)).toMatch(endpointPath);
	});

	test("a client that asks for revision 2026-07-28 first connects all the same", async () => {
		const client = new Client(
			{ name: "asks-first", version: "1.0.0" },
			{ versionNegotiation: { mode: "auto" } },
		);
		await client.connect(new SSEClientTransport(new URL(sse)));
		expect(client.getServerVersion()?.name).toBe("everything-fixture");
		const { content } = await client.callTool({
			name: "echo",
			arguments: { message: "hello" },
		});
		expect(content).toEqual([{ type: "text", text: "hello" }]);
		await client.close();
	});

	test("the default server is served at /sse too", async () => {
		await handshake(`${bridge.url}/sse`);
	});

	test("X-Forwarded-Prefix is not believed", async () => {
		expect(await endpoint(sse, { "x-forwarded-prefix": "/elsewhere" })).toMatch(
			endpointPath,
		);
	});

	test("messages are accepted with 202, and answered on the stream alone", async () => {
		const client = await RawClient.open(bridge, "everything", "sse");
		const response = await client.post(initializeRequest());
		expect(response.status).toBe(202);
		expect(await response.text()).not.toContain("jsonrpc");
		expect((await client.answer(0)).result).toMatchObject({
			serverInfo: { name: "everything-fixture" },
		});
		expect(await client.send(initializedNotification)).toBe(202);
		expect(await client.text(1, "echo", { message: "hello" })).toBe("hello");
		client.close();
	});

	test("the messages are unnamed events or events named message", async () => {
		const client = await RawClient.connect(bridge, "everything", "sse");
		await client.text(1, "progress", { steps: 3 });
		const names = client.stream?.events
			.filter(({ data }) => data?.startsWith("{"))
			.map(({ event }) => event ?? "message");
		expect(new Set(names)).toEqual(new Set(["message"]));
		client.close();
	});

	test("progress comes before the answer, with the client's own token", async () => {
		const client = await RawClient.connect(bridge, "everything", "sse");
		await client.request({
			jsonrpc: "2.0",
			id: "call",
			method: "tools/call",
			params: {
				name: "progress",
				arguments: { steps: 3 },
				_meta: { progressToken: 0 },
			},
		});
		const [, ...messages] = client.received;
		expect(
			messages.map(({ id, params }) =>
				id === undefined ? [params?.progressToken, params?.progress] : id,
			),
		).toEqual([[0, 1], [0, 2], [0, 3], "call"]);
		client.close();
	});

	test("an unknown session is answered with 404 and JSON", async () => {
		for (const id of ["nonsense", "00000000-0000-4000-8000-000000000000"]) {
			const response = await post(
				`${bridge.url}/servers/everything/messages?session_id=${id}`,
				initializeRequest(),
			);
			expect(response.status).toBe(404);
			expect(await response.json()).toMatchObject({
				jsonrpc: "2.0",
				error: { code: expect.any(Number) },
			});
		}
	});

	test("a message without a session id is refused with JSON", async () => {
		const response = await post(
			`${bridge.url}/servers/everything/messages`,
			initializeRequest(),
		);
		expect([400, 404]).toContain(response.status);
		expect(await response.json()).toMatchObject({ jsonrpc: "2.0" });
	});

	test.each([
		["a body that is not JSON", "{", 400, -32700],
		["JSON that is no message", "[1]", 400, -32600],
	])("%s is refused", async (_what, body, status, code) => {
		const client = await RawClient.connect(bridge, "everything", "sse");
		const response = await client.post(body);
		expect(response.status).toBe(status);
		expect(await response.json()).toMatchObject({ error: { code } });
		client.close();
	});

	test("a body above maxBodyBytes is refused with 413", async () => {
		const client = await RawClient.connect(bridge, "everything", "sse");
		const response = await client.post({
			jsonrpc: "2.0",
			id: 1,
			method: "tools/call",
			params: { name: "echo", arguments: { message: "x".repeat(30_000) } },
		});
		expect(response.status).toBe(413);
		expect(await response.json()).toMatchObject({ jsonrpc: "2.0" });
		expect(await client.text(2, "echo", { message: "hello" })).toBe("hello");
		client.close();
	});

	test("a client that goes away does not cancel its calls", async () => {
		const watcher = await RawClient.connect(bridge, "everything", "sse");
		const gone = await RawClient.connect(bridge, "everything", "sse");
		await gone.send({
			jsonrpc: "2.0",
			id: 1,
			method: "tools/call",
			params: {
				name: "wait",
				arguments: { name: "gone" },
				_meta: { progressToken: 1 },
			},
		});
		await gone.waitFor(({ method }) => method === "notifications/progress");
		gone.close();
		await gone.stream?.ended;
		// Each answer has been through the bridge and the child after the cut.
		for (let id = 10; id < 30; id++)
			expect(JSON.parse(await watcher.text(id, "waits"))).toEqual({
				running: ["gone"],
				cancellations: [],
			});
		await watcher.text(30, "release", { name: "gone" });
		watcher.close();
	});
});

describe("keep-alive", () => {
	test("it is comments only, on both transports", async () => {
		const bridge = await startBridge({ servers, keepAliveMs: 20 });
		const sse = await RawClient.connect(bridge, "everything", "sse");
		const streamable = await RawClient.connect(
			bridge,
			"everything",
			"streamable",
			{ protocolVersion: "2025-06-18", listen: true },
		);
		for (const [{ stream }, names] of [
			[sse, ["endpoint", "message"]],
			[streamable, []],
		] as const) {
			await stream?.until(
				({ events }) =>
					events.filter(({ comment }) => comment !== undefined).length > 5 ||
					undefined,
				"six comments",
			);
			const others = stream?.events.filter(
				({ comment }) => comment === undefined,
			);
			expect(others?.map(({ event }) => event ?? "message")).toEqual(names);
			// Java's SDK takes it for an error.
			expect(others?.filter(({ retry }) => retry !== undefined)).toEqual([]);
		}
		sse.close();
		streamable.close();
		await bridge.stop();
	});
});

describe("behind a proxy", () => {
	test("the endpoint has the base path, and works", async () => {
		const bridge = await startBridge({ servers, basePath: "/mcp-bridge" });
		const sse = `${bridge.url}/mcp-bridge/servers/everything/sse`;
		expect(await endpoint(sse)).toMatch(
			/^\/mcp-bridge\/servers\/everything\/messages\?session_id=/,
		);
		expect(await endpoint(sse, { "x-forwarded-prefix": "/elsewhere" })).toMatch(
			/^\/mcp-bridge\/servers\//,
		);
		await handshake(sse);
		await bridge.stop();
	});

	test("the endpoint has the X-Forwarded-Prefix of a trusted proxy, and of no other origin", async () => {
		const bridge = await startBridge({ servers, trustProxy: true });
		const sse = `${bridge.url}/servers/everything/sse`;
		for (const prefix of ["/tools", "/tools/"])
			expect(await endpoint(sse, { "x-forwarded-prefix": prefix })).toMatch(
				/^\/tools\/servers\/everything\/messages\?session_id=/,
			);
		expect(await endpoint(sse)).toMatch(endpointPath);
		for (const prefix of [
			"//evil.example",
			"https://evil.example",
			"/\\evil.example",
			"evil.example",
		]) {
			const path = await endpoint(sse, { "x-forwarded-prefix": prefix });
			expect(path).toMatch(/^\//);
			expect(new URL(path, sse).origin).toBe(bridge.url);
		}
		await bridge.stop();
	});
});
