import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { cancelledError } from "../../src/protocol/given-errors.ts";
import type { Id } from "../../src/protocol/messages.ts";
import {
	EventReader,
	type FakeBridge,
	fakeBridge,
	notification,
} from "../harness/fake-server.ts";
import { initializeRequest } from "../harness/raw-http.ts";

const request = (id: Id, method = "tools/call") => ({
	jsonrpc: "2.0" as const,
	id,
	method,
});

async function open(
	bridge: FakeBridge,
	path = "/servers/alpha/sse",
	headers: Record<string, string> = {},
): Promise<{ stream: EventReader; endpoint: string }> {
	const response = await bridge.get(path, headers);
	expect(response.status).toBe(200);
	const stream = new EventReader(response);
	const first = await stream.nextEvent();
	expect(first?.event).toBe("endpoint");
	return { stream, endpoint: first?.data ?? "" };
}

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
