import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import type { Id, Members, Message } from "../../src/protocol/messages.ts";
import {
	EventReader,
	type FakeBridge,
	fakeBridge,
	notification,
} from "../harness/fake-server.ts";
import { initializeRequest, isSse } from "../harness/raw-http.ts";

const path = "/servers/alpha/mcp";
const request = (id: Id, method = "tools/call", params?: Members) => ({
	jsonrpc: "2.0" as const,
	id,
	method,
	...(params && { params }),
});
const progress = notification("notifications/progress", {
	progressToken: 1,
	progress: 1,
});

/** Initializes; gives the headers of the session. */
async function open(
	bridge: FakeBridge,
	revision = "2025-11-25",
): Promise<Record<string, string>> {
	const response = await bridge.post(path, initializeRequest(revision));
	expect(response.status).toBe(200);
	await response.text();
	return {
		"mcp-session-id": response.headers.get("mcp-session-id") ?? "",
		"mcp-protocol-version": revision,
	};
}

async function listen(
	bridge: FakeBridge,
	headers: Record<string, string>,
): Promise<EventReader> {
	const response = await bridge.get(path, headers);
	expect(response.status).toBe(200);
	return new EventReader(response);
}

async function expectError(
	response: Response,
	status: number,
	code: number,
	id?: Id,
): Promise<string> {
	expect(response.status).toBe(status);
	expect(response.headers.get("content-type")).toMatch(/^application\/json/);
	const body = await response.json();
	expect(body).toMatchObject({ jsonrpc: "2.0", error: { code } });
	expect(body.id).toBe(id);
	return body.error.message;
}

describe("statuses of a POST", () => {
	test("202 without a body for a notification and for an answer", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const answer = { jsonrpc: "2.0", id: 3, result: {} };
		for (const message of [notification(), answer]) {
			const response = await bridge.post(path, message, headers);
			expect(response.status).toBe(202);
			expect(await response.text()).toBe("");
		}
		expect(bridge.peer().told).toEqual([notification(), answer]);
	});

	test.each([
		["no JSON", "{ not", ErrorCode.parseError],
		["nothing at all", "", ErrorCode.parseError],
		["a string", '"a"', ErrorCode.invalidRequest],
		["null", "null", ErrorCode.invalidRequest],
		["an object that is no message", "{}", ErrorCode.invalidRequest],
		[
			"JSON-RPC 1.0",
			'{"jsonrpc":"1.0","method":"a"}',
			ErrorCode.invalidRequest,
		],
		["an empty batch", "[]", ErrorCode.invalidRequest],
		[
			"a batch with something else in it",
			'[{"jsonrpc":"2.0","method":"a"},1]',
			ErrorCode.invalidRequest,
		],
	])("400 for a body that is %s", async (_name, body, code) => {
		const bridge = fakeBridge();
		await expectError(await bridge.post(path, body), 400, code);
		expect(bridge.peers).toEqual([]);
	});

	test("400 names the id of a request whose params are no object", async () => {
		const body = { jsonrpc: "2.0", id: "x", method: "a", params: 1 };
		await expectError(
			await fakeBridge().post(path, body),
			400,
			ErrorCode.invalidRequest,
			"x",
		);
	});

	test.each([
		"GET",
		"DELETE",
	])("400 for %s in a revision that nobody knows, with a session or without", async (method) => {
		const bridge = fakeBridge();
		const session = await open(bridge);
		for (const headers of [session, {}]) {
			const response = await bridge.app.request(path, {
				method,
				headers: { ...headers, "mcp-protocol-version": "2099-01-01" },
			});
			await expectError(response, 400, ErrorCode.unsupportedProtocolVersion);
		}
		expect((await bridge.delete(path, session)).status).toBe(204);
	});

	test("400 with the revisions that there are for one that nobody knows", async () => {
		const bridge = fakeBridge();
		const response = await bridge.post(path, request(4), {
			"mcp-protocol-version": "2099-01-01",
		});
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({
			id: 4,
			error: {
				code: ErrorCode.unsupportedProtocolVersion,
				data: {
					requested: "2099-01-01",
					supported: [
						"2026-07-28",
						"2025-11-25",
						"2025-06-18",
						"2025-03-26",
						"2024-11-05",
					],
				},
			},
		});
		expect(bridge.peers).toEqual([]);
	});

	test.each([
		["application/json; charset=utf-8"],
		["text/plain"],
		[""],
	])("200 whatever its Content-Type says: %j", async (type) => {
		const response = await fakeBridge().post(path, request(1, "echo"), {
			"content-type": type,
		});
		expect(response.status).toBe(200);
	});

	test("404 for a session that is not known, for requests and notifications alike", async () => {
		const bridge = fakeBridge();
		const headers = { "mcp-session-id": "nobody" };
		await expectError(
			await bridge.post(path, request(5), headers),
			404,
			ErrorCode.sessionNotFound,
			5,
		);
		await expectError(
			await bridge.post(path, notification(), headers),
			404,
			ErrorCode.sessionNotFound,
		);
		expect(bridge.peers).toEqual([]);
	});

	test("404 for the session of another server", async () => {
		const bridge = fakeBridge({}, ["alpha", "beta"]);
		const headers = await open(bridge);
		await expectError(
			await bridge.post("/servers/beta/mcp", request(1), headers),
			404,
			ErrorCode.sessionNotFound,
			1,
		);
	});

	test("413 for a body over maxBodyBytes, with a declared length and without", async () => {
		const bridge = fakeBridge({ maxBodyBytes: 200 });
		const fits = request(1, "echo", { text: "x".repeat(100) });
		const over = JSON.stringify(request(1, "echo", { text: "x".repeat(200) }));
		const declare = (text: string) => ({
			"content-length": String(Buffer.byteLength(text)),
		});
		const text = JSON.stringify(fits);
		expect((await bridge.post(path, text, declare(text))).status).toBe(200);
		expect((await bridge.post(path, text)).status).toBe(200);
		for (const headers of [declare(over), {}]) {
			const response = await bridge.post(path, over, headers);
			const message = await expectError(response, 413, ErrorCode.limitReached);
			expect(message).toContain("200 bytes");
		}
		expect(bridge.peers).toHaveLength(2);
	});
});

describe("sessions", () => {
	test("initialize opens one, and what names it reaches its peer alone", async () => {
		const bridge = fakeBridge();
		const first = await open(bridge);
		const second = await open(bridge);
		expect(first["mcp-session-id"]).not.toBe(second["mcp-session-id"]);
		expect(first["mcp-session-id"]).toMatch(/^[\x21-\x7e]+$/);
		await bridge.post(path, notification(), second);
		expect(bridge.peers.map(({ told }) => told.length)).toEqual([0, 1]);
	});

	test("initialize that fails opens none", async () => {
		const bridge = fakeBridge();
		const response = await bridge.post(path, initializeRequest("refuse"));
		expect(response.status).toBe(200);
		expect(response.headers.has("mcp-session-id")).toBe(false);
		expect(await response.json()).toMatchObject({ error: { message: "dead" } });
		expect(bridge.context.sessions.size).toBe(0);
		expect(bridge.peer().closed).toBe(true);
	});

	test("the peer is opened with the client's own capabilities", async () => {
		const bridge = fakeBridge();
		await bridge.post(path, initializeRequest("2025-11-25", { roots: {} }));
		expect(bridge.peer().client).toEqual({
			capabilities: { roots: {} },
			info: { name: "raw", version: "0.0.1" },
		});
	});

	test("a request without one is served by itself, and leaves nothing behind", async () => {
		const bridge = fakeBridge();
		const response = await bridge.post(path, request(1, "echo", { a: 1 }));
		expect(response.headers.has("mcp-session-id")).toBe(false);
		expect(await response.json()).toEqual({
			jsonrpc: "2.0",
			id: 1,
			result: { a: 1 },
		});
		expect(bridge.context.sessions.size).toBe(0);
		expect(bridge.peer().closed).toBe(true);
	});

	test("a request without one is refused where each costs a process", async () => {
		const bridge = fakeBridge();
		Object.assign(bridge.servers[0] ?? {}, { needsSession: true });
		const message = await expectError(
			await bridge.post(path, request(1)),
			400,
			ErrorCode.invalidRequest,
			1,
		);
		expect(message).toContain("initialize");
		expect(bridge.peers).toEqual([]);
	});

	test("DELETE ends one with 204 and closes its peer and its streams; then it is not known", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const stream = await listen(bridge, headers);
		const response = await bridge.delete(path, headers);
		expect(response.status).toBe(204);
		expect(await response.text()).toBe("");
		expect(bridge.peer().closed).toBe(true);
		await stream.rest();
		for (const again of [
			await bridge.delete(path, headers),
			await bridge.get(path, headers),
			await bridge.post(path, request(1), headers),
		]) {
			expect(again.status).toBe(404);
		}
	});

	test("DELETE while a call is in flight ends that call's response", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const json = bridge.post(path, request(1), headers);
		await bridge.peer().asked(1);
		const sse = bridge.post(path, request(2), {
			...headers,
			accept: "text/event-stream",
		});
		await bridge.peer().asked(2);
		await bridge.delete(path, headers);
		expect(await (await json).json()).toMatchObject({ id: 1, error: {} });
		await new EventReader(await sse).rest();
	});

	test("DELETE without a session id is 400, GET without one 405 with the methods that there are", async () => {
		const bridge = fakeBridge();
		await expectError(await bridge.delete(path), 400, ErrorCode.invalidRequest);
		const response = await bridge.get(path);
		expect(response.headers.get("allow")).toBe("POST, GET, DELETE");
		await expectError(response, 405, ErrorCode.invalidRequest);
	});

	test("above maxSessions initialize is 503 with Retry-After, SSE sessions counted, until one ends", async () => {
		const bridge = fakeBridge({ maxSessions: 2 });
		const headers = await open(bridge);
		const sse = new EventReader(await bridge.get("/servers/alpha/sse"));
		const refused = await bridge.post(path, initializeRequest());
		expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
		await expectError(refused, 503, ErrorCode.limitReached, 0);
		expect((await bridge.get("/servers/alpha/sse")).status).toBe(503);
		// Those that are open are served.
		expect((await bridge.post(path, request(1, "echo"), headers)).status).toBe(
			200,
		);
		await sse.cancel();
		expect((await bridge.post(path, initializeRequest())).status).toBe(200);
	});

	test("a bridge that is closing opens no more: 503 with Retry-After", async () => {
		const bridge = fakeBridge();
		bridge.state.closing = true;
		const response = await bridge.post(path, initializeRequest());
		expect(response.headers.has("retry-after")).toBe(true);
		await expectError(response, 503, ErrorCode.limitReached, 0);
	});

	test("only a session with nothing open is reaped when its time is over", async () => {
		const bridge = fakeBridge();
		const idle = await open(bridge);
		const listening = await open(bridge);
		const calling = await open(bridge);
		const stream = await listen(bridge, listening);
		const pending = bridge.post(path, request(1), calling);
		await bridge.peer(2).asked(1);
		bridge.context.sessions.reap(Date.now() + 1000);
		expect(bridge.peers.map(({ closed }) => closed)).toEqual([
			true,
			false,
			false,
		]);
		expect((await bridge.post(path, request(2), idle)).status).toBe(404);
		bridge.peer(2).answer(1);
		await pending;
		await stream.cancel();
		await vi.waitFor(() => {
			bridge.context.sessions.reap(Date.now() + 1000);
			expect(bridge.context.sessions.size).toBe(0);
		});
	});
});

describe("the answer to a POST is JSON", () => {
	test.each([
		["both, as a client has to say", "application/json, text/event-stream"],
		["both the other way round", "text/event-stream, application/json"],
		["both with weights", "text/event-stream;q=0.9, application/json;q=0.8"],
		["anything", "*/*"],
		["JSON alone", "application/json"],
		["any application type", "application/*"],
		["JSON in capitals", "Application/JSON"],
		["something that there is not", "text/html"],
	])("where only the answer comes and the client accepts %s", async (_name, accept) => {
		const bridge = fakeBridge();
		const response = await bridge.post(path, request(1, "echo", { a: 1 }), {
			accept,
		});
		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toBe("application/json");
		expect(await response.json()).toEqual({
			jsonrpc: "2.0",
			id: 1,
			result: { a: 1 },
		});
	});

	test('with postResponse "json" even where more than the answer comes', async () => {
		const bridge = fakeBridge({ postResponse: "json" });
		const headers = await open(bridge);
		const pending = bridge.post(path, request(1), headers);
		await bridge.peer().asked(1);
		bridge.peer().send(1, progress);
		bridge.peer().answer(1);
		expect(await (await pending).json()).toMatchObject({ id: 1, result: {} });
	});
});

describe("the answer to a POST is a stream", () => {
	test("where the client accepts nothing else", async () => {
		for (const postResponse of ["auto", "json", "sse"] as const) {
			const bridge = fakeBridge({ postResponse });
			const response = await bridge.post(path, request(1, "echo"), {
				accept: "text/event-stream",
			});
			expect(isSse(response)).toBe(true);
			const reader = new EventReader(response);
			expect(await reader.nextMessage()).toMatchObject({ id: 1, result: {} });
			expect(await reader.nextEvent()).toBeUndefined();
		}
	});

	test('with postResponse "sse", unless the client takes JSON alone', async () => {
		const bridge = fakeBridge({ postResponse: "sse" });
		expect(isSse(await bridge.post(path, request(1, "echo")))).toBe(true);
		const json = await bridge.post(path, request(1, "echo"), {
			accept: "application/json",
		});
		expect(isSse(json)).toBe(false);
		expect(await json.json()).toMatchObject({ id: 1 });
	});

	test("from the first message on that comes before the answer, in order, to its end", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const pending = bridge.post(path, request(1), headers);
		await bridge.peer().asked(1);
		bridge.peer().send(1, progress);
		bridge.peer().send(1, notification());
		const response = await pending;
		expect(isSse(response)).toBe(true);
		expect(response.headers.get("x-accel-buffering")).toBe("no");
		expect(response.headers.get("cache-control")).toMatch(/no-cache|no-store/);
		bridge.peer().answer(1, { done: true });
		const reader = new EventReader(response);
		expect(await reader.nextMessage()).toEqual(progress);
		expect(await reader.nextMessage()).toEqual(notification());
		expect(await reader.nextMessage()).toMatchObject({
			id: 1,
			result: { done: true },
		});
		expect(await reader.nextEvent()).toBeUndefined();
	});

	test("without event names, which some clients skip, and with an id in each event", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge, "2025-06-18");
		const pending = bridge.post(path, request(1), headers);
		await bridge.peer().asked(1);
		bridge.peer().send(1, progress);
		bridge.peer().answer(1);
		const events = await new EventReader(await pending).rest();
		expect(events).toEqual([
			{ id: expect.any(String), data: JSON.stringify(progress) },
			{ id: expect.any(String), data: expect.stringContaining('"result"') },
		]);
		expect(new Set(events.map(({ id }) => id)).size).toBe(2);
	});

	test("a text with line ends of every kind is one line of data", async () => {
		const text = "a\nb\r\nc\rd\u2028e\u2029f";
		const response = await fakeBridge().post(
			path,
			request(1, "echo", { text }),
			{ accept: "text/event-stream" },
		);
		expect(await new EventReader(response).nextMessage()).toMatchObject({
			result: { text },
		});
	});

	describe("when the client has waited for a while", () => {
		beforeEach(() => {
			vi.useFakeTimers({
				toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"],
			});
		});
		afterEach(() => {
			vi.useRealTimers();
		});

		test("so that it can be kept alive", async () => {
			const bridge = fakeBridge({ keepAliveMs: 15_000 });
			const headers = await open(bridge);
			const pending = bridge.post(path, request(1), headers);
			await bridge.peer().asked(1);
			vi.advanceTimersByTime(10_000);
			const reader = new EventReader(await pending);
			expect(await reader.next()).toEqual({ comment: "" });
			expect(await reader.next()).toMatchObject({ data: "" });
			vi.advanceTimersByTime(15_000);
			expect(await reader.next()).toEqual({ comment: "" });
			bridge.peer().answer(1);
			expect(await reader.nextMessage()).toMatchObject({ id: 1 });
		});

		test("but not where it takes JSON alone", async () => {
			const bridge = fakeBridge();
			const headers = await open(bridge);
			const pending = bridge.post(path, request(1), {
				...headers,
				accept: "application/json",
			});
			await bridge.peer().asked(1);
			vi.advanceTimersByTime(3_600_000);
			bridge.peer().answer(1);
			expect(isSse(await pending)).toBe(false);
		});

		test("and leaves no timer behind where the answer came", async () => {
			const bridge = fakeBridge({ keepAliveMs: 0 });
			await bridge.post(path, request(1, "echo"));
			expect(vi.getTimerCount()).toBe(0);
		});
	});
});

describe("a client that takes JSON alone", () => {
	test("gets what comes beside the answer on its GET stream", async () => {
		const bridge = fakeBridge({ historyEvents: 0 });
		const headers = await open(bridge);
		const stream = await listen(bridge, headers);
		const pending = bridge.post(path, request(1), {
			...headers,
			accept: "application/json",
		});
		await bridge.peer().asked(1);
		bridge.peer().send(1, progress);
		bridge.peer().send(1, request("q", "roots/list"));
		bridge.peer().answer(1, { done: true });
		expect(await (await pending).json()).toMatchObject({
			result: { done: true },
		});
		expect(await stream.nextMessage()).toEqual(progress);
		expect(await stream.nextMessage()).toMatchObject({ method: "roots/list" });
	});

	test("gets it when it opens that stream afterwards", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const pending = bridge.post(path, request(1), {
			...headers,
			accept: "application/json",
		});
		await bridge.peer().asked(1);
		bridge.peer().send(1, progress);
		bridge.peer().answer(1);
		await pending;
		const stream = await listen(bridge, headers);
		expect(await stream.nextMessage()).toEqual(progress);
	});
});

describe("a question of the server that names no request", () => {
	const question = request("q", "elicitation/create");

	test("goes to the GET stream where there is one", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const stream = await listen(bridge, headers);
		const pending = bridge.post(path, request(1), headers);
		await bridge.peer().asked(1);
		bridge.peer().say(question);
		bridge.peer().answer(1);
		expect(await stream.nextMessage()).toEqual(question);
		expect(isSse(await pending)).toBe(false);
	});

	test("goes with a request in flight where there is none, so that nobody waits for ever", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const pending = bridge.post(path, request(1), headers);
		await bridge.peer().asked(1);
		bridge.peer().say(question);
		const reader = new EventReader(await pending);
		expect(await reader.nextMessage()).toEqual(question);
		const answer = { jsonrpc: "2.0", id: "q", result: {} };
		await bridge.post(path, answer, headers);
		expect(bridge.peer().told).toEqual([answer]);
		bridge.peer().answer(1);
		expect(await reader.nextMessage()).toMatchObject({ id: 1 });
	});

	test("waits for the GET stream where neither is there", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		bridge.peer().say(question);
		const stream = await listen(bridge, headers);
		expect(await stream.nextMessage()).toEqual(question);
	});

	test("while notifications never travel with another's request", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const pending = bridge.post(path, request(1), headers);
		await bridge.peer().asked(1);
		bridge.peer().say(notification("notifications/tools/list_changed", {}));
		bridge.peer().answer(1);
		expect(isSse(await pending)).toBe(false);
		const stream = await listen(bridge, headers);
		expect(await stream.nextMessage()).toMatchObject({
			method: "notifications/tools/list_changed",
		});
	});
});

describe("batches", () => {
	const revision = "2025-03-26";

	test("of the one revision that has them are answered by a batch", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge, revision);
		const response = await bridge.post(
			path,
			[request(1, "echo"), notification(), request("1", "echo", { b: 1 })],
			headers,
		);
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual([
			{ jsonrpc: "2.0", id: 1, result: {} },
			{ jsonrpc: "2.0", id: "1", result: { b: 1 } },
		]);
		expect(bridge.peer().told).toEqual([notification()]);
	});

	test("of a single request are answered by a batch too", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge, revision);
		const response = await bridge.post(path, [request(1, "echo")], headers);
		expect(await response.json()).toMatchObject([{ id: 1 }]);
	});

	test("of nothing but notifications are 202", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge, revision);
		const response = await bridge.post(
			path,
			[notification(), notification()],
			headers,
		);
		expect(response.status).toBe(202);
		expect(bridge.peer().told).toHaveLength(2);
	});

	test("whose first answer was there become a stream by a later message, with nothing lost", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge, revision);
		const pending = bridge.post(
			path,
			[request(1, "echo"), request(2)],
			headers,
		);
		await bridge.peer().asked(2);
		bridge.peer().send(2, progress);
		bridge.peer().answer(2);
		const messages = (await new EventReader(await pending).rest()).map(
			({ data }) => JSON.parse(data ?? ""),
		);
		expect(messages).toMatchObject([
			{ id: 1, result: {} },
			progress,
			{ id: 2, result: {} },
		]);
	});

	test.each([
		"2024-11-05",
		"2025-06-18",
		"2025-11-25",
	])("in a session of %s are refused", async (other) => {
		const bridge = fakeBridge();
		const headers = await open(bridge, other);
		const message = await expectError(
			await bridge.post(path, [request(1, "echo")], headers),
			400,
			ErrorCode.invalidRequest,
		);
		expect(message).toContain(other);
	});

	test("with initialize in them are refused", async () => {
		const bridge = fakeBridge();
		const body = [initializeRequest(revision), request(1, "echo")];
		await expectError(
			await bridge.post(path, body),
			400,
			ErrorCode.invalidRequest,
			0,
		);
		expect(bridge.peers).toEqual([]);
	});
});

describe("the GET stream", () => {
	test("begins at once with a comment, so that its headers go out", async () => {
		const bridge = fakeBridge();
		const stream = await listen(bridge, await open(bridge, "2025-06-18"));
		expect(stream.response.headers.get("content-type")).toMatch(
			/^text\/event-stream/,
		);
		expect(await stream.next()).toEqual({ comment: "" });
	});

	test.each([
		["2025-11-25", true],
		["2025-06-18", false],
		["2025-03-26", false],
	])("of %s begins with an event of an id alone: %s", async (revision, primes) => {
		const bridge = fakeBridge();
		const stream = await listen(bridge, await open(bridge, revision));
		bridge.peer().say(notification());
		const first = await stream.nextEvent();
		expect(first?.data === "").toBe(primes);
		expect(first?.id).toEqual(expect.any(String));
	});

	test("a second one ends the first and carries what comes from then on", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge, "2025-06-18");
		const first = await listen(bridge, headers);
		bridge.peer().say(notification("a", {}));
		const second = await listen(bridge, headers);
		bridge.peer().say(notification("b", {}));
		expect(await first.nextMessage()).toMatchObject({ method: "a" });
		expect(await first.nextEvent()).toBeUndefined();
		expect(await second.nextMessage()).toMatchObject({ method: "b" });
	});

	test("nothing that is sent while it is open is lost, also without any history", async () => {
		const bridge = fakeBridge({ historyEvents: 0, historyBytes: 0 });
		const headers = await open(bridge);
		const stream = await listen(bridge, headers);
		for (let n = 0; n < 1000; n++) {
			bridge.peer().say(notification("n", { n }));
		}
		for (let n = 0; n < 1000; n++) {
			expect(await stream.nextMessage()).toMatchObject({ params: { n } });
		}
	});

	test("what came before it was opened is sent, as far as the history reaches, oldest first", async () => {
		const bridge = fakeBridge({ historyEvents: 3 });
		const headers = await open(bridge, "2025-06-18");
		for (const n of [1, 2, 3, 4, 5]) {
			bridge.peer().say(notification("n", { n }));
		}
		const stream = await listen(bridge, headers);
		for (const n of [3, 4, 5]) {
			expect(await stream.nextMessage()).toMatchObject({ params: { n } });
		}
		await stream.cancel();
		const again = await listen(bridge, headers);
		bridge.peer().say(notification("n", { n: 6 }));
		expect(await again.nextMessage()).toMatchObject({ params: { n: 6 } });
	});

	test("the history is bounded by bytes too", async () => {
		const bridge = fakeBridge({ historyEvents: 100, historyBytes: 1000 });
		const headers = await open(bridge, "2025-06-18");
		const text = "x".repeat(300);
		for (const n of [1, 2, 3, 4]) {
			bridge.peer().say(notification("n", { n, text }));
		}
		const stream = await listen(bridge, headers);
		expect(await stream.nextMessage()).toMatchObject({ params: { n: 3 } });
	});
});

describe("resuming with Last-Event-ID", () => {
	test("sends what came after that event, and goes on", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge, "2025-06-18");
		const stream = await listen(bridge, headers);
		for (const n of [1, 2, 3]) bridge.peer().say(notification("n", { n }));
		const first = await stream.nextEvent();
		await stream.cancel();
		bridge.peer().say(notification("n", { n: 4 }));
		const resumed = await listen(bridge, {
			...headers,
			"last-event-id": first?.id ?? "",
		});
		bridge.peer().say(notification("n", { n: 5 }));
		for (const n of [2, 3, 4, 5]) {
			expect(await resumed.nextMessage()).toMatchObject({ params: { n } });
		}
	});

	test("of the event without data that 2025-11-25 begins with sends all", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const stream = await listen(bridge, headers);
		const prime = await stream.nextEvent();
		bridge.peer().say(notification("n", { n: 1 }));
		await stream.cancel();
		const resumed = await listen(bridge, {
			...headers,
			"last-event-id": prime?.id ?? "",
		});
		expect(await resumed.nextMessage()).toMatchObject({ params: { n: 1 } });
	});

	test("gives the rest of a POST's stream that was cut, its answer and its end, and nothing of other streams", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const pending = bridge.post(path, request(1), headers);
		await bridge.peer().asked(1);
		bridge.peer().send(1, progress);
		const reader = new EventReader(await pending);
		let last = await reader.nextEvent();
		if (last?.data === "") last = await reader.nextEvent();
		await reader.cancel();
		// A disconnect does not cancel.
		expect(bridge.peer().told).toEqual([]);
		bridge.peer().say(notification("other", {}));
		bridge.peer().answer(1, { done: true });
		const resumed = await listen(bridge, {
			...headers,
			"last-event-id": last?.id ?? "",
		});
		expect(await resumed.nextMessage()).toMatchObject({
			id: 1,
			result: { done: true },
		});
		expect(await resumed.nextEvent()).toBeUndefined();
	});

	test("ids are unique over the streams of a session", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const ids: unknown[] = [];
		for (const id of [1, 2]) {
			const response = await bridge.post(path, request(id, "echo"), {
				...headers,
				accept: "text/event-stream",
			});
			ids.push(
				...(await new EventReader(response).rest()).map((one) => one.id),
			);
		}
		const stream = await listen(bridge, headers);
		bridge.peer().say(notification());
		ids.push((await stream.nextEvent())?.id, (await stream.nextEvent())?.id);
		expect(ids).toHaveLength(6);
		expect(new Set(ids).size).toBe(6);
	});

	test.each([
		"nonsense",
		"99-1",
		"-1-1",
		"0-999999999999",
		"0-7",
	])("an id that was never given, %s, is no reason to leave the client without a stream", async (id) => {
		const bridge = fakeBridge();
		const headers = await open(bridge, "2025-06-18");
		const stream = await listen(bridge, { ...headers, "last-event-id": id });
		bridge.peer().say(notification());
		expect(await stream.nextMessage()).toEqual(notification());
	});

	test("a session keeps no more than a bounded number of ended streams", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		let first: string | undefined;
		for (let id = 1; id <= 100; id++) {
			const response = await bridge.post(path, request(id, "echo"), {
				...headers,
				accept: "text/event-stream",
			});
			const events = await new EventReader(response).rest();
			first ??= events[0]?.id;
		}
		const stream = await listen(bridge, {
			...headers,
			"last-event-id": first ?? "",
		});
		// It is forgotten, and who asks for it has not seen the answer that it owed.
		expect(await stream.nextMessage()).toMatchObject({
			id: 1,
			error: { code: -32000, data: { code: "ANSWER_LOST" } },
		});
		expect(await stream.rest()).toEqual([]);
	});
});

describe("keep-alive", () => {
	beforeEach(() => {
		vi.useFakeTimers({
			toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"],
		});
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	test("a silent stream gets a comment at each interval", async () => {
		const bridge = fakeBridge({ keepAliveMs: 5000 });
		const stream = await listen(bridge, await open(bridge, "2025-06-18"));
		expect(await stream.next()).toEqual({ comment: "" });
		for (let times = 0; times < 3; times++) {
			vi.advanceTimersByTime(5000);
			expect(await stream.next()).toEqual({ comment: "" });
		}
		bridge.peer().say(notification());
		expect((await stream.next())?.comment).toBeUndefined();
	});

	test("comments do not pile up for a client that does not read", async () => {
		const bridge = fakeBridge({ keepAliveMs: 10, maxStreamBufferBytes: 100 });
		const stream = await listen(bridge, await open(bridge, "2025-06-18"));
		vi.advanceTimersByTime(10_000);
		expect(bridge.context.streams.keepAlive.size).toBe(1);
		bridge.peer().say({ jsonrpc: "2.0", method: "n" });
		expect(await stream.nextMessage()).toMatchObject({ method: "n" });
	});

	test("0 turns it off", async () => {
		const bridge = fakeBridge({ keepAliveMs: 0 });
		await listen(bridge, await open(bridge));
		expect(vi.getTimerCount()).toBe(0);
	});

	test("a stream whose client went away gets none any more, and ends with the bridge otherwise", async () => {
		const bridge = fakeBridge();
		const headers = await open(bridge);
		const gone = await listen(bridge, headers);
		expect(bridge.context.streams.keepAlive.size).toBe(1);
		await gone.cancel();
		expect(bridge.context.streams.keepAlive.size).toBe(0);
		const stream = await listen(bridge, headers);
		bridge.context.streams.keepAlive.close();
		await stream.rest();
		expect(vi.getTimerCount()).toBe(0);
	});
});

describe("a client that does not read", () => {
	const big = (n: number): Message =>
		notification("n", { n, text: "x".repeat(1000) });

	test("is cut off at maxStreamBufferBytes, and its session lives on", async () => {
		const bridge = fakeBridge({ maxStreamBufferBytes: 10_000 });
		const headers = await open(bridge, "2025-06-18");
		const stream = await listen(bridge, headers);
		await stream.next();
		for (let n = 0; n < 5; n++) bridge.peer().say(big(n));
		expect(bridge.context.streams.keepAlive.size).toBe(1);
		for (let n = 5; n < 20; n++) bridge.peer().say(big(n));
		expect(bridge.context.streams.keepAlive.size).toBe(0);
		expect((await stream.rest()).length).toBeLessThan(20);
		expect((await bridge.post(path, request(1, "echo"), headers)).status).toBe(
			200,
		);
	});

	test.each([
		[5_000, 16],
		[100_000, 1],
	])("finds what it missed when it comes back with its last event, as far as a history of %i bytes reaches", async (historyBytes, first) => {
		const bridge = fakeBridge({
			maxStreamBufferBytes: 10_000,
			historyBytes,
		});
		const headers = await open(bridge, "2025-06-18");
		const stream = await listen(bridge, headers);
		bridge.peer().say(big(0));
		const last = await stream.nextEvent();
		for (let n = 1; n < 20; n++) bridge.peer().say(big(n));
		await stream.rest();
		const resumed = await listen(bridge, {
			...headers,
			"last-event-id": last?.id ?? "",
		});
		for (let n = first; n < 20; n++) {
			expect(await resumed.nextMessage()).toMatchObject({ params: { n } });
		}
	});

	test("one message larger than the bound still arrives where the client reads", async () => {
		const bridge = fakeBridge({ maxStreamBufferBytes: 100 });
		const headers = await open(bridge, "2025-06-18");
		const stream = await listen(bridge, headers);
		bridge.peer().say(big(1));
		expect(await stream.nextMessage()).toMatchObject({ params: { n: 1 } });
		bridge.peer().say(big(2));
		expect(await stream.nextMessage()).toMatchObject({ params: { n: 2 } });
	});
});
