import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import {
	acceptBoth,
	initializedNotification,
	initializeRequest,
	isSse,
	type Message,
	messagesOf,
	post,
	postExactly,
	RawClient,
	SseReader,
} from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** Streamable HTTP in its legacy revisions: sessions, streams, statuses. */

const revisions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

let bridge: Bridge;
let url: string;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			everything: fixture("everything"),
			own: fixture("everything", [], { isolation: "session" }),
		},
		historyEvents: 8,
		maxBodyBytes: 20_000,
	});
	url = `${bridge.url}/servers/everything/mcp`;
});

const connect = (options: Parameters<typeof RawClient.connect>[3] = {}) =>
	RawClient.connect(bridge, "everything", "streamable", options);
const connectOwn = (options: Parameters<typeof RawClient.connect>[3] = {}) =>
	RawClient.connect(bridge, "own", "streamable", options);

const call = (
	id: string | number,
	name: string,
	args: Json = {},
	meta?: Json,
): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name, arguments: args, ...(meta && { _meta: meta }) },
});
const echo = call(1, "echo", { message: "hello" });
const echoed = { content: [{ type: "text", text: "hello" }] };

/** Makes the server send a notification that belongs to no request. */
const publish = (client: RawClient, id: string, label: string) =>
	client.request({
		jsonrpc: "2.0",
		id,
		method: "fixture/notify",
		params: {
			method: "notifications/tools/list_changed",
			params: { _meta: { label } },
		},
	});
const news = (messages: readonly Message[]) =>
	messages
		.filter(({ method }) => method === "notifications/tools/list_changed")
		.map(({ params }) => (params as { _meta: Json })._meta.label);

/** The SSE stream that answers a POST. */
async function openPost(
	client: RawClient,
	message: Message,
): Promise<SseReader> {
	const abort = new AbortController();
	const response = await post(client.endpoint, message, client.headers, {
		signal: abort.signal,
	});
	expect(response.status).toBe(200);
	expect(isSse(response)).toBe(true);
	return new SseReader(response, abort);
}

async function expectError(
	response: Response,
	status: number,
	code?: number,
): Promise<Message> {
	expect(response.status).toBe(status);
	expect(response.headers.get("content-type")).toMatch(/^application\/json/);
	const body = (await response.json()) as Message;
	expect(body).toMatchObject({
		jsonrpc: "2.0",
		error: { code: code ?? expect.any(Number), message: expect.any(String) },
	});
	return body;
}

describe("sessions", () => {
	test("the answer to initialize names the session, in visible ASCII", async () => {
		const response = await post(url, initializeRequest());
		expect(response.status).toBe(200);
		const id = response.headers.get("mcp-session-id");
		expect(id).toMatch(/^[\x21-\x7e]+$/);
		const other = await post(url, initializeRequest());
		expect(other.headers.get("mcp-session-id")).not.toBe(id);
	});

	test("DELETE ends a session: whatever names it later is answered with 404", async () => {
		const client = await connect({ listen: true });
		expect((await client.request(echo)).result).toEqual(echoed);
		const end = () => fetch(url, { method: "DELETE", headers: client.headers });
		const response = await end();
		expect(response.ok).toBe(true);
		await response.text();
		await client.stream?.ended;
		await expectError(await client.post(echo), 404);
		await expectError(await client.post(initializedNotification), 404);
		await expectError(
			await fetch(url, {
				headers: { ...client.headers, accept: "text/event-stream" },
			}),
			404,
		);
		await expectError(await end(), 404);
	});

	test.each([
		"nonsense",
		"00000000-0000-4000-8000-000000000000",
		"a.b.c",
	])("the session id %s, which is none of ours, is answered with 404", async (id) => {
		const headers = { "mcp-session-id": id };
		await expectError(await post(url, echo, headers), 404);
		await expectError(await fetch(url, { headers }), 404);
		await expectError(await fetch(url, { method: "DELETE", headers }), 404);
	});

	test("a session of one server is none of another", async () => {
		const client = await connect();
		await expectError(
			await post(`${bridge.url}/servers/own/mcp`, echo, client.headers),
			404,
		);
	});

	test("a forged session id is answered with 404", async () => {
		const client = await connect();
		const id = client.sessionId ?? "";
		for (const at of [0, Math.floor(id.length / 2), id.length - 2]) {
			const forged = `${id.slice(0, at)}${id[at] === "A" ? "B" : "A"}${id.slice(at + 1)}`;
			await expectError(
				await post(url, echo, { "mcp-session-id": forged }),
				404,
			);
		}
		expect((await client.request(echo)).result).toEqual(echoed);
	});

	test("DELETE without a session id is refused", async () => {
		const response = await fetch(url, { method: "DELETE" });
		expect([400, 405]).toContain(response.status);
		await response.text();
	});

	test("notifications and responses are accepted with 202 and no body", async () => {
		const client = await connect();
		for (const message of [
			initializedNotification,
			{ jsonrpc: "2.0", method: "notifications/example.com/x", params: {} },
			{ jsonrpc: "2.0", id: 99, result: {} },
			{ jsonrpc: "2.0", id: "x", error: { code: 1, message: "no" } },
		] as Message[]) {
			const response = await client.post(message);
			expect(response.status).toBe(202);
			expect(await response.text()).toBe("");
		}
		expect((await client.request(echo)).result).toEqual(echoed);
	});

	test("ids come back with their exact JSON type", async () => {
		const client = await connect();
		for (const id of [0, "0", -1, 2 ** 53 - 1, "", "ü 🙂", "1e3"]) {
			const [answer] = await messagesOf(
				await client.post(call(id, "echo", { message: "hello" })),
			);
			expect(answer).toEqual({ jsonrpc: "2.0", id, result: echoed });
		}
	});
});

describe("the answer to initialize", () => {
	test.each([
		...revisions.map((revision) => [revision, revision] as const),
		["1999-12-31", "2025-11-25"] as const,
		["2026-07-28", "2025-11-25"] as const,
		["draft", "2025-11-25"] as const,
	])("asked for %s it names %s, and is the server's own in everything else", async (asked, given) => {
		const [answer] = await messagesOf(
			await post(url, initializeRequest(asked, {}, "init")),
		);
		expect(answer).toEqual({
			jsonrpc: "2.0",
			id: "init",
			result: {
				protocolVersion: given,
				capabilities: {
					tools: { listChanged: true },
					resources: { subscribe: true, listChanged: true },
					prompts: { listChanged: true },
					completions: {},
					logging: {},
					experimental: { "example.com/fixture": { level: 3 } },
				},
				serverInfo: {
					name: "everything-fixture",
					title: "Everything, for tests",
					version: "1.2.3",
					websiteUrl: "https://example.com/everything",
					icons: [
						{
							src: "https://example.com/icon.png",
							mimeType: "image/png",
							sizes: ["48x48"],
						},
					],
				},
				instructions: "Call echo first; it is the simplest: ‘é, 漢, 🙂’",
			},
		});
	});
});

describe("the GET stream", () => {
	test("it opens at once, as an SSE stream that no proxy buffers", async () => {
		const client = await connect({ listen: true });
		const headers = client.stream?.response.headers;
		expect(headers?.get("content-type")).toMatch(/^text\/event-stream/);
		expect(headers?.get("x-accel-buffering")).toBe("no");
		expect(headers?.get("cache-control")).toMatch(/no-(cache|store)/);
		client.close();
	});

	test("it carries what belongs to no request", async () => {
		const client = await connectOwn({ listen: true });
		await publish(client, "p", "first");
		await client.stream?.message(() => news(client.received).length === 1);
		expect(news(client.stream?.messages ?? [])).toEqual(["first"]);
		client.close();
	});

	test("what came before it was opened is not lost", async () => {
		const client = await connectOwn();
		await publish(client, "p1", "early");
		await publish(client, "p2", "later");
		const stream = await client.listen();
		await stream.message(() => news(stream.messages).length === 2);
		expect(news(stream.messages)).toEqual(["early", "later"]);
		client.close();
	});

	test("a second one replaces the first, which ends", async () => {
		const client = await connectOwn({ listen: true });
		const first = client.stream as SseReader;
		const second = await client.listen();
		await first.ended;
		await publish(client, "p", "to the second");
		await second.message(() => news(second.messages).length === 1);
		expect(news(first.messages)).toEqual([]);
		client.close();
	});

	test("without a session id it is refused with 405, which says what is allowed", async () => {
		const response = await fetch(url, {
			headers: { accept: "text/event-stream" },
		});
		await expectError(response, 405);
		expect(response.headers.get("allow")).toContain("POST");
	});

	test.each([
		"*/*",
		"text/event-stream, application/json",
		"text/*",
	])("it opens for Accept: %s", async (accept) => {
		const client = await connect();
		const abort = new AbortController();
		const response = await fetch(url, {
			headers: { ...client.headers, accept },
			signal: abort.signal,
		});
		expect(response.status).toBe(200);
		expect(isSse(response)).toBe(true);
		abort.abort();
	});
});

describe("the priming event", () => {
	const withProgress = call(1, "progress", { steps: 2 }, { progressToken: 1 });
	const isPriming = (event: object) =>
		"id" in event && "data" in event && event.data === "";

	test("revision 2025-11-25 begins its streams with an event that has an id and empty data", async () => {
		const client = await connect({ listen: true });
		const first = await client.stream?.event(
			({ comment }) => comment === undefined,
		);
		expect(first).toEqual({ id: expect.stringMatching(/./), data: "" });
		client.close();
	});

	test.each([
		"2024-11-05",
		"2025-03-26",
		"2025-06-18",
	])("revision %s knows no such event", async (protocolVersion) => {
		const client = await RawClient.connect(bridge, "own", "streamable", {
			protocolVersion,
			listen: true,
		});
		await publish(client, "p", "news");
		const stream = client.stream as SseReader;
		await stream.message(() => true);
		expect(stream.events.filter(isPriming)).toEqual([]);

		const answer = await openPost(client, withProgress);
		await answer.ended;
		expect(answer.events.filter(isPriming)).toEqual([]);
		expect(answer.messages.at(-1)?.id).toBe(1);
		client.close();
	});

	test("revision 2025-11-25 begins the stream of a POST with it too", async () => {
		const client = await connect();
		const stream = await openPost(client, withProgress);
		await stream.ended;
		const first = stream.events.find(({ comment }) => comment === undefined);
		expect(first).toEqual({ id: expect.stringMatching(/./), data: "" });
		client.close();
	});
});

describe("the stream of a POST", () => {
	test("progress comes before the answer, all of it, and then the stream ends", async () => {
		const client = await connect();
		const stream = await openPost(
			client,
			call("p", "progress", { steps: 20 }, { progressToken: "token" }),
		);
		await stream.ended;
		expect(
			stream.messages.map(({ id, method, params }) =>
				method === undefined ? id : params,
			),
		).toEqual([
			...Array.from({ length: 20 }, (_, index) => ({
				progressToken: "token",
				progress: index + 1,
				total: 20,
				message: `step ${index + 1}`,
			})),
			"p",
		]);
		client.close();
	});

	test.each([
		0,
		"0",
		7,
		"é",
	])("the progress token %j comes back with its exact JSON type", async (progressToken) => {
		const client = await connect();
		const stream = await openPost(
			client,
			call(1, "progress", { steps: 1 }, { progressToken }),
		);
		await stream.ended;
		expect(stream.messages[0]?.params?.progressToken).toBe(progressToken);
		client.close();
	});

	test("a disconnect does not cancel the call, and its answer can be fetched", async () => {
		const name = "disconnected";
		const client = await connect();
		const stream = await openPost(
			client,
			call(5, "wait", { name }, { progressToken: 5 }),
		);
		await stream.message(({ method }) => method === "notifications/progress");
		const lastId = stream.events.findLast(({ id }) => id !== undefined)?.id;
		stream.close();
		await stream.ended;
		expect(JSON.parse(await client.text(6, "waits"))).toEqual({
			running: [name],
			cancellations: [],
		});
		await client.text(7, "release", { name });
		const resumed = await client.listen(lastId);
		const answer = await resumed.message(({ id }) => id === 5);
		expect(answer.result).toEqual({
			content: [{ type: "text", text: `released ${name}` }],
		});
		client.close();
	});

	test("a stream cut in the middle goes on behind the last event that was read", async () => {
		const client = await connect();
		const stream = await openPost(
			client,
			call(
				5,
				"progress",
				{ steps: 3, hold: "cut" },
				{ progressToken: "token" },
			),
		);
		await stream.message(({ params }) => params?.progress === 3);
		stream.close();
		await stream.ended;
		const second = stream.events.find(({ data }) =>
			data?.includes('"progress":2'),
		);
		expect(second?.id).toMatch(/./);
		const resumed = await client.listen(second?.id);
		await resumed.message(({ params }) => params?.progress === 3);
		await client.text(6, "release", { name: "cut" });
		await resumed.message(({ id }) => id === 5);
		expect(
			resumed.messages.map(({ id, params }) => params?.progress ?? id),
		).toEqual([3, 5]);
		client.close();
	});
});

describe("resumption of the GET stream", () => {
	test("it brings what was missed, once and in order, and then what is new", async () => {
		const client = await connectOwn({ listen: true });
		const first = client.stream as SseReader;
		await publish(client, "p1", "1");
		await first.message(() => news(first.messages).length === 1);
		const lastId = first.events.findLast(({ id }) => id !== undefined)?.id;
		first.close();
		await first.ended;
		await publish(client, "p2", "2");
		await publish(client, "p3", "3");
		const second = await client.listen(lastId);
		await publish(client, "p4", "4");
		await second.message(() => news(second.messages).includes("4"));
		expect(news(second.messages)).toEqual(["2", "3", "4"]);
		client.close();
	});

	test("the history is bounded: of much that was missed the newest part comes", async () => {
		const client = await connectOwn({ listen: true });
		const first = client.stream as SseReader;
		await publish(client, "p0", "0");
		await first.message(() => news(first.messages).length === 1);
		const lastId = first.events.findLast(({ id }) => id !== undefined)?.id;
		first.close();
		await first.ended;
		const missed = Array.from({ length: 30 }, (_, index) => `${index + 1}`);
		for (const label of missed) await publish(client, `p${label}`, label);
		const second = await client.listen(lastId);
		await publish(client, "end", "end");
		await second.message(() => news(second.messages).includes("end"));
		const replayed = news(second.messages).slice(0, -1);
		expect(replayed.length).toBeGreaterThan(0);
		expect(replayed.length).toBeLessThanOrEqual(8);
		expect(replayed).toEqual(missed.slice(-replayed.length));
		client.close();
	});

	test("an event id of another session brings nothing of that session", async () => {
		const theirs = await connectOwn({ listen: true });
		const stream = theirs.stream as SseReader;
		await publish(theirs, "p1", "their first");
		await stream.message(() => news(stream.messages).length === 1);
		const lastId = stream.events.find(({ id }) => id !== undefined)?.id;
		const mine = await connectOwn();
		const own = await mine.listen(lastId);
		await publish(mine, "p2", "mine");
		await own.message(() => news(own.messages).includes("mine"));
		expect(news(own.messages)).toEqual(["mine"]);
		theirs.close();
		mine.close();
	});

	test.each([
		"garbage",
		"-1",
		"999999999",
	])("the Last-Event-ID %s, which is none of ours, opens a stream all the same", async (lastEventId) => {
		const client = await connectOwn();
		const stream = await client.listen(lastEventId);
		await publish(client, "p", "new");
		await stream.message(() => news(stream.messages).includes("new"));
		client.close();
	});
});

describe("tolerance", () => {
	test.each([
		["no MCP-Protocol-Version", []],
		[
			"another MCP-Protocol-Version than the session's",
			[["MCP-Protocol-Version", "2024-11-05"]],
		],
		[
			"MCP-Protocol-Version twice",
			[
				["MCP-Protocol-Version", "2025-06-18"],
				["mcp-protocol-version", "2025-06-18"],
			],
		],
		[
			"two different MCP-Protocol-Versions",
			[
				["MCP-Protocol-Version", "2025-06-18"],
				["MCP-Protocol-Version", "2025-11-25"],
			],
		],
	] as [string, [string, string][]][])("%s", async (_what, lines) => {
		const client = await connect({ protocolVersion: "2025-06-18" });
		const { status, body } = await postExactly(url, echo, [
			["Content-Type", "application/json"],
			["Accept", acceptBoth],
			["Mcp-Session-Id", client.sessionId ?? ""],
			...lines,
		]);
		expect(status).toBe(200);
		expect(body).toContain('"hello"');
	});

	test.each([
		["no Accept", []],
		["Accept: */*", [["Accept", "*/*"]]],
		["Accept: application/json", [["Accept", "application/json"]]],
		["Accept: text/event-stream", [["Accept", "text/event-stream"]]],
		[
			"Accept in reverse",
			[["Accept", "text/event-stream, application/json;q=0.9"]],
		],
	] as [string, [string, string][]][])("%s", async (_what, lines) => {
		const client = await connect();
		const { status, body } = await postExactly(url, echo, [
			["Content-Type", "application/json; charset=utf-8"],
			["Mcp-Session-Id", client.sessionId ?? ""],
			...lines,
		]);
		expect(status).toBe(200);
		expect(body).toContain('"hello"');
	});

	test("who accepts JSON only gets JSON, also where there is progress", async () => {
		const client = await connect();
		const response = await post(
			url,
			call(9, "progress", { steps: 3 }, { progressToken: 9 }),
			{ ...client.headers, accept: "application/json" },
		);
		expect(response.headers.get("content-type")).toMatch(/^application\/json/);
		expect(await response.json()).toMatchObject({ id: 9 });
	});

	test("who accepts SSE only gets SSE", async () => {
		const client = await connect();
		const response = await post(url, echo, {
			...client.headers,
			accept: "text/event-stream",
		});
		expect(isSse(response)).toBe(true);
		const [answer] = await messagesOf(response);
		expect(answer?.result).toEqual(echoed);
	});

	test.each([
		"/",
		"?",
		"?api_key=abc&x=%20",
		"/?a=b",
	])("the path followed by %s", async (suffix) => {
		const response = await post(`${url}${suffix}`, initializeRequest());
		expect(response.status).toBe(200);
		const headers = {
			"mcp-session-id": response.headers.get("mcp-session-id") ?? "",
		};
		await messagesOf(response);
		const [answer] = await messagesOf(
			await post(`${url}${suffix}`, echo, headers),
		);
		expect(answer?.result).toEqual(echoed);
	});

	test("an empty Authorization: Bearer is ignored", async () => {
		const response = await post(url, initializeRequest(), {
			authorization: "Bearer",
		});
		expect(response.status).toBe(200);
		await response.text();
	});
});

describe("what is refused", () => {
	test.each([
		"{",
		"not json",
		"",
		'{"jsonrpc":"2.0",}',
	])("a body that is not JSON, %j, with 400 and -32700", async (body) => {
		const client = await connect();
		const refused = await expectError(await client.post(body), 400, -32700);
		expect(refused).not.toHaveProperty("id");
		await expectError(await post(url, body), 400, -32700);
	});

	test.each([
		"42",
		"null",
		'"text"',
		"{}",
		'{"jsonrpc":"2.0"}',
		'{"jsonrpc":"1.0","id":1,"method":"ping"}',
		'{"jsonrpc":"2.0","id":1,"method":5}',
		'{"jsonrpc":"2.0","id":{},"method":"ping"}',
		'{"jsonrpc":"2.0","id":1}',
	])("JSON that is no message, %s, with 400 and -32600", async (body) => {
		const client = await connect();
		await expectError(await client.post(body), 400, -32600);
	});

	// Larger ones the bridge may hang up on before they are sent, and then the client cannot read the answer.
	test.each([
		["by its length", []],
		["by its chunks", [["Transfer-Encoding", "chunked"]]],
	] as [
		string,
		[string, string][],
	][])("a body above maxBodyBytes with 413, %s", async (_how, lines) => {
		const client = await connect();
		const { status, body } = await postExactly(
			url,
			call(1, "echo", { message: "x".repeat(30_000) }),
			[
				["Content-Type", "application/json"],
				["Accept", acceptBoth],
				["Mcp-Session-Id", client.sessionId ?? ""],
				...lines,
			],
		);
		expect(status).toBe(413);
		expect(JSON.parse(body)).toMatchObject({
			jsonrpc: "2.0",
			error: { code: expect.any(Number) },
		});
		expect((await client.request(echo)).result).toEqual(echoed);
	});

	test.each(["PUT", "PATCH"])("%s with 405", async (method) => {
		const response = await fetch(url, { method, body: "{}" });
		await expectError(response, 405);
		expect(response.headers.get("allow")).toContain("POST");
	});
});
