import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cancelledError } from "../../src/protocol/bridge-errors.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import type { Id } from "../../src/protocol/messages.ts";
import { legacyRevisions } from "../../src/protocol/revisions.ts";
import {
	type FakeBridge,
	fakeBridge,
	notification,
} from "../harness/fake-server.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { initializeRequest } from "../harness/raw-http.ts";

const request = (id: Id, method = "tools/call") => ({
	jsonrpc: "2.0" as const,
	id,
	method,
});

const open = (
	bridge: FakeBridge,
	...opening: Parameters<FakeBridge["openSse"]>
) => bridge.openSse(...opening);

afterEach(() => {
	vi.useRealTimers();
});

describe("the endpoint", () => {
	test.each([
		["/servers/alpha/sse", "", "/servers/alpha/messages"],
		["/servers/alpha/sse/", "", "/servers/alpha/messages"],
		["/servers/ALPHA/sse", "", "/servers/ALPHA/messages"],
		["/sse", "", "/messages"],
		["/a/b/servers/alpha/sse", "/a/b", "/a/b/servers/alpha/messages"],
		["/a/b/sse", "a/b/", "/a/b/messages"],
	])("of GET %s under the base path %j is %s", async (path, basePath, expected) => {
		const bridge = fakeBridge({ basePath });
		const { endpoint } = await open(bridge, path);
		const [pathname, query] = endpoint.split("?");
		expect(pathname).toBe(expected);
		expect(query).toMatch(/^session_id=[\w.-]+$/);
		expect((await bridge.post(endpoint, request(1, "echo"))).status).toBe(202);
	});

	test.each([
		["/proxy", "/proxy/base/servers/alpha/messages"],
		["/proxy/", "/proxy/base/servers/alpha/messages"],
		["/a/b-c_d.e~f%20g", "/a/b-c_d.e~f%20g/base/servers/alpha/messages"],
		["", "/base/servers/alpha/messages"],
		["/", "/base/servers/alpha/messages"],
		["proxy", "/base/servers/alpha/messages"],
		["//evil.example", "/base/servers/alpha/messages"],
		["https://evil.example", "/base/servers/alpha/messages"],
		["/a\\b", "/base/servers/alpha/messages"],
		["/a?b=", "/base/servers/alpha/messages"],
		["/a, /b", "/base/servers/alpha/messages"],
	])("behind a trusted proxy that says X-Forwarded-Prefix %j is %s", async (prefix, expected) => {
		const bridge = fakeBridge({ trustProxy: true, basePath: "/base" });
		const { endpoint } = await open(bridge, "/base/servers/alpha/sse", {
			"x-forwarded-prefix": prefix,
		});
		expect(endpoint.split("?")[0]).toBe(expected);
	});

	test("does not heed X-Forwarded-Prefix of anybody else", async () => {
		const { endpoint } = await open(fakeBridge(), "/servers/alpha/sse", {
			"x-forwarded-prefix": "/proxy",
		});
		expect(endpoint).toMatch(/^\/servers\/alpha\/messages\?/);
	});
});

describe("a POST to it", () => {
	test("is 202 at once, and the answer comes on the stream as a message event", async () => {
		const bridge = fakeBridge();
		const { stream, endpoint } = await open(bridge);
		const response = await bridge.post(endpoint, request("i"));
		expect(response.status).toBe(202);
		bridge.peer().answer("i", { a: 1 });
		expect(await stream.nextEvent()).toEqual({
			event: "message",
			data: '{"jsonrpc":"2.0","id":"i","result":{"a":1}}',
		});
	});

	test("has reached the peer when the 202 is there, so that order is kept", async () => {
		const bridge = fakeBridge();
		const { endpoint } = await open(bridge);
		await bridge.post(endpoint, notification("a", {}));
		await bridge.post(endpoint, notification("b", {}));
		expect(bridge.peer().told).toMatchObject([
			{ method: "a" },
			{ method: "b" },
		]);
	});

	test("takes the session id by the name that other servers give it too", async () => {
		const bridge = fakeBridge();
		const { endpoint } = await open(bridge);
		const other = endpoint.replace("session_id", "sessionId");
		expect((await bridge.post(other, request(1, "echo"))).status).toBe(202);
	});

	test.each([
		[
			"without a session",
			"/servers/alpha/messages",
			400,
			ErrorCode.invalidRequest,
		],
		[
			"to a session that is not known",
			"/servers/alpha/messages?session_id=x",
			404,
			ErrorCode.sessionNotFound,
		],
	])("%s is refused", async (_name, path, status, code) => {
		const response = await fakeBridge().post(path, request(1));
		expect(response.status).toBe(status);
		expect(await response.json()).toMatchObject({ error: { code } });
	});

	test("to the session of another server is 404", async () => {
		const bridge = fakeBridge({}, ["alpha", "beta"]);
		const { endpoint } = await open(bridge);
		const other = endpoint.replace("alpha", "beta");
		expect((await bridge.post(other, request(1))).status).toBe(404);
		expect(bridge.peers).toEqual([]);
	});

	test("that is no message is 400, and the stream stays", async () => {
		const bridge = fakeBridge();
		const { stream, endpoint } = await open(bridge);
		expect((await bridge.post(endpoint, "{ not")).status).toBe(400);
		expect((await bridge.post(endpoint, "{}")).status).toBe(400);
		await bridge.post(endpoint, request(1, "echo"));
		expect(await stream.nextMessage()).toMatchObject({ id: 1 });
	});

	test("over maxBodyBytes is 413", async () => {
		const bridge = fakeBridge({ maxBodyBytes: 100 });
		const { endpoint } = await open(bridge);
		const response = await bridge.post(endpoint, " ".repeat(101));
		expect(response.status).toBe(413);
	});

	test("with a batch is taken in a session of 2025-03-26 and refused in any other", async () => {
		const bridge = fakeBridge();
		const { stream, endpoint } = await open(bridge);
		const batch = [request(1, "echo"), request(2, "echo")];
		expect((await bridge.post(endpoint, batch)).status).toBe(400);
		await bridge.post(endpoint, initializeRequest("2025-03-26"));
		expect((await bridge.post(endpoint, batch)).status).toBe(202);
		for (const id of [0, 1, 2]) {
			expect(await stream.nextMessage()).toMatchObject({ id });
		}
	});
});

describe("a request that is refused", () => {
	const modern = modernRequestOf("server/discover", {}, { id: "own" });
	const unsupported = (requested: string) => ({
		code: ErrorCode.unsupportedProtocolVersion,
		data: { requested, supported: [...legacyRevisions] },
	});
	const nested = `${"[".repeat(1001)}${"]".repeat(1001)}`;

	test.each<[string, string, Record<string, string>, object]>([
		[
			"since it is of revision 2026-07-28",
			JSON.stringify(modern),
			{ "mcp-protocol-version": "2026-07-28" },
			unsupported("2026-07-28"),
		],
		[
			"since its header names a revision that is not served",
			'{"jsonrpc":"2.0","id":"own","method":"echo"}',
			{ "mcp-protocol-version": "2099-01-01" },
			unsupported("2099-01-01"),
		],
		[
			"since its params are no object",
			'{"jsonrpc":"2.0","id":"own","method":"echo","params":[1]}',
			{},
			{ code: ErrorCode.invalidRequest },
		],
		[
			"since its method is no string",
			'{"jsonrpc":"2.0","id":"own","method":7}',
			{},
			{ code: ErrorCode.invalidRequest },
		],
		[
			"since it is nested too deep",
			`{"jsonrpc":"2.0","id":"own","method":"echo","params":{"a":${nested}}}`,
			{},
			{ code: ErrorCode.invalidRequest },
		],
	])("%s is 202, and its error comes on the stream", async (_why, body, headers, error) => {
		const bridge = fakeBridge();
		const { stream, endpoint } = await open(bridge);
		const response = await bridge.post(endpoint, body, headers);
		expect([response.status, await response.text()]).toEqual([202, ""]);
		const event = await stream.nextEvent();
		expect(Object.keys(event ?? {})).toEqual(["event", "data"]);
		expect(event?.event).toBe("message");
		const message = JSON.parse(event?.data ?? "");
		expect(message).toMatchObject({ jsonrpc: "2.0", id: "own", error });
		// The session goes on as if nothing had been.
		await bridge.post(endpoint, initializeRequest("2024-11-05"));
		expect(await stream.nextMessage()).toMatchObject({ id: 0, result: {} });
	});

	test("since its session has too many is told so on the stream, every request of a batch", async () => {
		const bridge = fakeBridge({ maxRequestsPerSession: 2 });
		const { stream, endpoint } = await open(bridge);
		await bridge.post(endpoint, initializeRequest("2025-03-26"));
		await stream.nextMessage();
		await bridge.post(endpoint, request("first"));
		const batch = [request("a"), request("b"), notification("n", {})];
		const response = await bridge.post(endpoint, batch);
		expect(response.status).toBe(202);
		for (const id of ["a", "b"]) {
			expect(await stream.nextMessage()).toMatchObject({
				id,
				error: {
					code: ErrorCode.limitReached,
					data: { limit: "maxRequestsPerSession" },
				},
			});
		}
		expect(bridge.peer().told).toEqual([]);
		expect((await bridge.post(endpoint, request("second"))).status).toBe(202);
		bridge.peer().answer("second");
		expect(await stream.nextMessage()).toMatchObject({ id: "second" });
	});

	test("since its server has too many is told so on the stream", async () => {
		const bridge = fakeBridge();
		for (const server of bridge.servers) {
			Object.assign(server, { unanswered: server.maxRequests });
		}
		const { stream, endpoint } = await open(bridge);
		const response = await bridge.post(endpoint, request(1));
		expect(response.status).toBe(202);
		expect(response.headers.has("retry-after")).toBe(false);
		expect(await stream.nextMessage()).toMatchObject({
			id: 1,
			error: { data: { limit: "maxRequests" } },
		});
	});

	test("while its stream is broken is told so by the status", async () => {
		const bridge = fakeBridge();
		const { stream, endpoint } = await open(bridge);
		await bridge.post(endpoint, request(1));
		await stream.cancel();
		const response = await bridge.post(endpoint, modern);
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({
			id: "own",
			error: unsupported("2026-07-28"),
		});
	});

	test("since the bridge is about to end is 503, so that it is sent to another", async () => {
		const bridge = fakeBridge();
		const { endpoint } = await open(bridge);
		bridge.state.closing = true;
		const response = await bridge.post(endpoint, request(1));
		expect(response.status).toBe(503);
		expect(response.headers.has("retry-after")).toBe(true);
	});

	test.each([
		["a batch where there are none", [request(1), request(2)]],
		["an id that is none", { ...request(1), id: null }],
		["no method", { jsonrpc: "2.0", id: 1 }],
	])("cannot be answered on the stream where it is %s: 400", async (_what, body) => {
		const bridge = fakeBridge();
		const { endpoint } = await open(bridge);
		expect((await bridge.post(endpoint, body)).status).toBe(400);
	});
});

test("a notification of revision 2026-07-28 is taken and counted: nobody waits for an answer", async () => {
	const bridge = fakeBridge();
	const dropped: string[] = [];
	for (const server of bridge.servers) {
		Object.assign(server, { dropped: (kind: string) => dropped.push(kind) });
	}
	const { endpoint } = await open(bridge);
	const { id, ...message } = modernRequestOf("notifications/cancelled");
	expect((await bridge.post(endpoint, message)).status).toBe(202);
	expect(dropped).toEqual(["notification-of-modern-client"]);
	expect(bridge.peers).toEqual([]);
});

test("what the server says and asks comes on the stream, and the answer goes back", async () => {
	const bridge = fakeBridge();
	const { stream, endpoint } = await open(bridge);
	await bridge.post(endpoint, initializeRequest("2024-11-05", { roots: {} }));
	await stream.nextEvent();
	bridge.peer().say(notification());
	bridge.peer().say(request(0, "roots/list"));
	expect(await stream.nextMessage()).toEqual(notification());
	expect(await stream.nextMessage()).toEqual(request(0, "roots/list"));
	const answer = { jsonrpc: "2.0", id: 0, result: { roots: [] } };
	await bridge.post(endpoint, answer);
	expect(bridge.peer().told).toEqual([answer]);
});

test("nobody hears the answer to a request that was cancelled", async () => {
	const bridge = fakeBridge();
	const { stream, endpoint } = await open(bridge);
	await bridge.post(endpoint, request(1));
	bridge.peer().send(1, {
		jsonrpc: "2.0",
		id: 1,
		error: cancelledError,
	});
	await bridge.post(endpoint, request(2, "echo"));
	expect(await stream.nextMessage()).toMatchObject({ id: 2 });
});

test("an error of the server's own with the code of a cancellation is an answer", async () => {
	const bridge = fakeBridge();
	const { stream, endpoint } = await open(bridge);
	await bridge.post(endpoint, request(1));
	const error = { code: ErrorCode.requestCancelled, message: "no time" };
	bridge.peer().send(1, { jsonrpc: "2.0", id: 1, error });
	expect(await stream.nextMessage()).toMatchObject({ id: 1, error });
});

test("HEAD opens no session", async () => {
	const bridge = fakeBridge();
	const response = await bridge.app.request("/servers/alpha/sse", {
		method: "HEAD",
	});
	expect(response.status).toBe(405);
	expect(bridge.context.sseSessions.size).toBe(0);
});

describe("a client that goes away", () => {
	beforeEach(() => {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	});

	test("ends its session, and its peer at once where nothing is in flight", async () => {
		const bridge = fakeBridge();
		const { stream, endpoint } = await open(bridge);
		await bridge.post(endpoint, request(1, "echo"));
		await stream.cancel();
		expect(bridge.peer().closed).toBe(true);
		expect(bridge.context.sseSessions.size).toBe(0);
		// For a while it might come back.
		const late = bridge.post(endpoint, request(2));
		await vi.advanceTimersByTimeAsync(5000);
		expect((await late).status).toBe(404);
	});

	test("cancels nothing: what it asked for is done first", async () => {
		const bridge = fakeBridge();
		const { stream, endpoint } = await open(bridge);
		await bridge.post(endpoint, request(1));
		await stream.cancel();
		expect(bridge.peer().closed).toBe(false);
		expect(bridge.peer().told).toEqual([]);
		bridge.peer().answer(1);
		// The answer is kept for a while: an EventSource comes back for it.
		expect(bridge.context.sseSessions.size).toBe(1);
		vi.advanceTimersByTime(10_000);
		expect(bridge.peer().closed).toBe(true);
		expect(bridge.context.sseSessions.size).toBe(0);
	});

	test("by not reading is cut off at maxStreamBufferBytes", async () => {
		const bridge = fakeBridge({ maxStreamBufferBytes: 5000 });
		const { stream, endpoint } = await open(bridge);
		await bridge.post(endpoint, request(1, "echo"));
		for (let n = 0; n < 20; n++) {
			bridge.peer().say(notification("n", { text: "x".repeat(1000) }));
		}
		expect(bridge.context.sseSessions.size).toBe(0);
		expect(bridge.peer().closed).toBe(true);
		expect((await stream.rest()).length).toBeLessThan(20);
	});
});

test("a silent stream gets a comment at each interval", async () => {
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
	const bridge = fakeBridge({ keepAliveMs: 15_000 });
	const { stream } = await open(bridge);
	for (let times = 0; times < 3; times++) {
		vi.advanceTimersByTime(15_000);
		expect(await stream.next()).toEqual({ comment: "" });
	}
});

test("the end of the bridge ends the stream in good order", async () => {
	const bridge = fakeBridge();
	const { stream } = await open(bridge);
	bridge.context.streams.keepAlive.close();
	expect(await stream.nextEvent()).toBeUndefined();
	expect(bridge.context.sseSessions.size).toBe(0);
});
