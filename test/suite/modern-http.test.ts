import { beforeAll, describe, expect, test } from "vitest";
import { ModernClient, modernRevision } from "../harness/modern-client.ts";
import {
	isSse,
	type Message,
	messagesOf,
	post,
	RawClient,
	type SseReader,
} from "../harness/raw-http.ts";
import { refusal } from "../harness/refusals.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";

const eras = ["legacy", "modern"] as const;

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: fixture("everything", [], { warm: 1 }),
			modern: fixture("everything-modern", [], { warm: 1 }),
		},
		keepAliveMs: 50,
	});
});

const clientOf = (server: string) => new ModernClient(bridge, server);

/** Nothing but comments and messages: streams of this revision cannot be resumed. */
function expectBareEvents(stream: SseReader): void {
	for (const { comment, data, ...others } of stream.events) {
		expect(others).toEqual({});
		if (comment === undefined) expect(data).not.toBe("");
	}
}

describe.each(eras)("a request to a %s server", (era) => {
	test.each([
		0,
		"0",
		1,
		-1,
		"",
		"a b",
		9_007_199_254_740_991,
		1.5,
	])("is answered under its own id: %j", async (id) => {
		const { status, response } = await clientOf(era).request(
			"tools/list",
			{},
			{ id },
		);
		expect(status).toBe(200);
		expect(response.id).toBe(id);
		expect(response.result).toBeDefined();
	});

	test("is answered by JSON where the answer is all there is, and no session is begun", async () => {
		const response = await clientOf(era).post("tools/call", { name: "pid" });
		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toMatch(/^application\/json/);
		expect(response.headers.has("mcp-session-id")).toBe(false);
		expect(await messagesOf(response)).toMatchObject([{ result: {} }]);
	});

	test("is answered by a stream where anything else comes, which ends with the answer: no ids, no names, no empty events", async () => {
		const stream = await clientOf(era).stream(
			"tools/call",
			{ name: "progress", arguments: { steps: 2 } },
			{ id: "own", meta: { progressToken: 0 } },
		);
		const { headers, status } = stream.response;
		expect(status).toBe(200);
		expect(headers.get("x-accel-buffering")).toBe("no");
		expect(headers.has("mcp-session-id")).toBe(false);
		await stream.ended;
		expect(stream.messages).toMatchObject([
			{ params: { progressToken: 0, progress: 1 } },
			{ params: { progressToken: 0, progress: 2 } },
			{ id: "own", result: { resultType: "complete" } },
		]);
		expect(stream.messages).toHaveLength(3);
		expectBareEvents(stream);
	});

	test("is answered as its client accepts it", async () => {
		const call = { name: "progress", arguments: { steps: 1 } };
		const ask = (accept: string) =>
			clientOf(era).post("tools/call", call, {
				headers: { accept },
				meta: { progressToken: "t" },
			});
		const json = await ask("application/json");
		expect(json.headers.get("content-type")).toMatch(/^application\/json/);
		// There is no place for the progress.
		expect(await messagesOf(json)).toMatchObject([{ result: {} }]);
		for (const accept of ["text/event-stream", "*/*"]) {
			const stream = await ask(accept);
			expect([accept, isSse(stream)]).toEqual([accept, true]);
			expect(await messagesOf(stream)).toHaveLength(2);
		}
	});

	test("that only takes a stream gets one for a bare answer too", async () => {
		const stream = await clientOf(era).stream(
			"tools/list",
			{},
			{ headers: { accept: "text/event-stream" } },
		);
		await stream.ended;
		expect(stream.messages).toMatchObject([{ result: {} }]);
		expectBareEvents(stream);
	});

	test("is not one of the session that it names, known or unknown, and resumes no stream", async () => {
		const session = await RawClient.connect(bridge, era, "streamable");
		const client = clientOf(era);
		for (const id of ["nobody", session.sessionId ?? ""]) {
			const response = await client.post(
				"tools/list",
				{},
				{ headers: { "mcp-session-id": id, "last-event-id": "1_0" } },
			);
			expect(response.status).toBe(200);
			expect(response.headers.has("mcp-session-id")).toBe(false);
			expect(await messagesOf(response)).toMatchObject([
				{ result: { resultType: "complete" } },
			]);
		}
		// The session is none the worse for it.
		expect(await session.text("still", "echo", { message: "here" })).toBe(
			"here",
		);
		session.close();
	});

	test.each([
		"initialize",
		"ping",
		"logging/setLevel",
		"resources/subscribe",
		"resources/unsubscribe",
		"example/unknown",
		"tasks/get",
		"tasks/list",
	])("for %s, which the revision does not have, is refused with 404", async (method) => {
		const response = await clientOf(era).post(
			method,
			{ level: "info", uri: "fixture://text/1", protocolVersion: "2025-11-25" },
			{ id: "own" },
		);
		expect(await refusal(response)).toMatchObject([
			404,
			{ id: "own", error: { code: -32601 } },
		]);
	});

	test("for a resource that is not there is refused as this revision has it, by name", async () => {
		const uri = "nowhere:1";
		const { status, response } = await clientOf(era).request("resources/read", {
			uri,
		});
		expect(status).toBe(200);
		expect(response.error).toMatchObject({ code: -32602, data: { uri } });
	});

	test("with an error of the server's own is answered with 200", async () => {
		const { status, response } = await clientOf(era).request("tools/call", {
			name: "nobody",
		});
		expect(status).toBe(200);
		expect(response.error?.code).toBe(-32602);
	});
});

describe("what is no request", () => {
	test("is accepted and not answered where it is a notification, and cancels nothing", async () => {
		const client = clientOf("legacy");
		const running = await client.stream(
			"tools/call",
			{ name: "wait", arguments: { name: "notified" } },
			{ id: "running", meta: { progressToken: "running" } },
		);
		const cancelled = {
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: "running" },
		};
		const withMeta = {
			...cancelled,
			params: { ...cancelled.params, ...client.message("x").params },
		};
		for (const body of [cancelled, withMeta]) {
			const response = await post(client.url, body, {
				"mcp-protocol-version": modernRevision,
				"mcp-method": "notifications/cancelled",
			});
			expect(response.status).toBe(202);
			expect(await response.text()).toBe("");
		}
		expect(JSON.parse(await client.text("waits"))).toMatchObject({
			running: ["notified"],
		});
		await client.text("release", { name: "notified" });
		await running.ended;
		expect(running.messages.at(-1)).toMatchObject({
			id: "running",
			result: { content: [{ text: "released notified" }] },
		});
	});

	test("reaches no server where it is an answer: nobody has asked", async () => {
		const answer = { jsonrpc: "2.0", id: 1, result: { roots: [] } };
		const strays = async () =>
			(await serverStatus(bridge, "legacy")).dropped["answer-to-no-question"] ??
			0;
		const before = await strays();
		const response = await post(clientOf("legacy").url, answer, {
			"mcp-protocol-version": modernRevision,
		});
		expect(response.status).toBe(202);
		expect(await strays()).toBe(before + 1);
	});
});

describe.each(eras)("subscriptions/listen on a %s server", (era) => {
	test("is a stream that is kept alive by comments, without ids and without a session", async () => {
		const stream = await clientOf(era).listen({ toolsListChanged: true });
		expect(stream.response.headers.get("x-accel-buffering")).toBe("no");
		expect(stream.response.headers.has("mcp-session-id")).toBe(false);
		const comments = ({ events }: SseReader) =>
			events.filter(({ comment }) => comment !== undefined).length;
		const before = comments(stream);
		await stream.until(
			(reader) => (comments(reader) >= before + 2 ? true : undefined),
			"two comments",
		);
		expectBareEvents(stream);
		expect(stream.messages).toHaveLength(1);
		stream.close();
	});
});

describe.each(eras)("one URL of a %s server", (era) => {
	test("serves legacy and modern clients at the same time, though they use the same ids and tokens", async () => {
		const label = (name: string) => ({
			name: "progress",
			arguments: { steps: 2, label: name, hold: `${era}-both` },
			_meta: { progressToken: 1 },
		});
		const legacy = await RawClient.connect(bridge, era, "streamable");
		await legacy.send({
			jsonrpc: "2.0",
			id: 1,
			method: "tools/call",
			params: label("legacy"),
		});
		const modern = await clientOf(era).stream("tools/call", label("modern"), {
			id: 1,
			meta: { progressToken: 1 },
		});
		const last = ({ params }: Message) => params?.progress === 2;
		await modern.message(last, "the modern client's progress");
		await legacy.waitFor(last, "the legacy client's progress");
		await clientOf(era).text("release", { name: `${era}-both` });
		await modern.ended;
		const answer = await legacy.answer(1);
		const said = (messages: readonly Message[]) =>
			messages
				.filter(({ params }) => params?.progressToken === 1)
				.map(({ params }) => params?.message);
		expect(said(modern.messages)).toEqual(["modern 1", "modern 2"]);
		expect(said(legacy.received)).toEqual(["legacy 1", "legacy 2"]);
		expect(modern.messages.at(-1)).toMatchObject({
			id: 1,
			result: {
				resultType: "complete",
				content: [{ text: "done modern 2" }],
			},
		});
		expect(answer.result).toEqual({
			content: [{ type: "text", text: "done legacy 2" }],
		});
		legacy.close();
	});
});
