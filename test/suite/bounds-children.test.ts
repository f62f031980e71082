import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import { HeldServer } from "../harness/held-server.ts";
import { limitReached, metric } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually, isRunning } from "../harness/processes.ts";
import {
	answerTo,
	call as callOf,
	elicit,
	everyCapability,
	responsesTo,
} from "../harness/questions.ts";
import { type Message, messagesOf, RawClient } from "../harness/raw-http.ts";
import { recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	childPids,
	fixture,
	startBridge,
} from "../harness/start-bridge.ts";
import { callOnce, getJson, serverStatus, textOf } from "../harness/status.ts";

/** The bounds of what one server's children may cost: a request that is over one gets an error, others their answers. */

const file = scratch();
const queueFull = (limit: string) => ({
	message: expect.stringContaining(limit),
	data: { code: "QUEUE_FULL", limit },
});
const answered = async (bridge: Bridge, ...servers: string[]) => {
	for (const server of servers)
		expect(textOf(await callOnce(bridge, server, "pid"))).toMatch(/^\d+$/);
};
const waiting = (bridge: Bridge, server: string, count: number) =>
	eventually(
		async () =>
			(await metric(bridge, "requests_waiting", { server })) === count,
		`there are not ${count} requests that wait for "${server}"`,
	);

describe.each([
	["maxQueue", { maxQueue: 2 }, "small"],
	// Two calls have room, whatever else is in them, and three have not.
	["maxQueueBytes", { maxQueueBytes: 5000 }, "x".repeat(2000)],
])("%s", (limit, options, filler) => {
	/** Has one call at a time. */
	const turns = new HeldServer(file(`${limit} turns`), {
		...options,
		concurrency: 1,
	});
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				turns: turns.entry,
				starts: fixture("faulty", ["slow-start", "2000"], options),
				other: fixture("faulty"),
			},
		});
	});
	afterEach(() => turns.letGo());

	const args = (name: string) => ({ message: `${name} ${filler}` });

	test.each(
		transports,
	)("answers one more request that waits for its turn with an error over %s, and counts it", async (transport) => {
		const client = await RawClient.connect(bridge, "turns", transport);
		const modern = new ModernClient(bridge, "turns");
		// A call whose headers are to be checked would wait for the list, and so for its turn.
		await modern.result("tools/list", {});
		turns.hold();
		const before = await limitReached(bridge, limit, "turns");
		const names = ["first", "second", "third"].map((n) => `${n} ${transport}`);
		const calls = names.map((name, index) => {
			// In their order: the next one goes out when this one is where it has to be.
			const begin = () => callOnce(bridge, "turns", "echo", args(name));
			return [begin, index] as const;
		});
		const answers: Promise<Message>[] = [];
		for (const [begin, index] of calls) {
			answers.push(begin());
			if (index === 0) await turns.got(args(names[0] ?? "").message);
			else await waiting(bridge, "turns", index);
		}
		const response = await client.post({
			jsonrpc: "2.0",
			id: "more",
			method: "tools/call",
			params: { name: "pid", arguments: args("more") },
		});
		// The message is all right, so it is not refused by a status.
		expect(response.status).toBe(transport === "sse" ? 202 : 200);
		const refused =
			transport === "sse"
				? await client.answer("more")
				: (await messagesOf(response))[0];
		expect(refused).toMatchObject({
			jsonrpc: "2.0",
			id: "more",
			error: { code: -32005, ...queueFull(limit) },
		});
		const { status, response: ofModern } = await modern.request("tools/call", {
			name: "pid",
			arguments: args("modern"),
		});
		expect(status).toBe(200);
		expect(ofModern.error).toMatchObject({ code: -32603, ...queueFull(limit) });
		expect(await limitReached(bridge, limit, "turns")).toBe(before + 2);
		await answered(bridge, "other");

		turns.letGo();
		const texts = (await Promise.all(answers)).map(textOf);
		expect(texts).toEqual(names.map((name) => args(name).message));
		expect(await client.text("now", "pid", args("more"))).toMatch(/^\d+$/);
		client.close();
	});

	test("bounds what waits for the child's start too, and all that had room is answered", async () => {
		const messages = await Promise.all(
			Array.from({ length: 6 }, (_, index) =>
				callOnce(bridge, "starts", "echo", args(String(index))),
			),
		);
		const errors = messages.flatMap(({ error }) => error ?? []);
		expect(errors).toHaveLength(4);
		for (const error of errors)
			expect(error).toMatchObject({ code: -32005, ...queueFull(limit) });
		expect(await limitReached(bridge, limit, "starts")).toBe(4);
		await answered(bridge, "starts");
	});

	test("counts what a cancelled call had waiting no longer", async () => {
		turns.hold();
		const client = await RawClient.connect(bridge, "turns", "sse");
		const ids = ["in flight", "kept", "cancelled"];
		for (const [index, id] of ids.entries()) {
			await client.send({
				jsonrpc: "2.0",
				id,
				method: "tools/call",
				params: { name: "echo", arguments: args(id) },
			});
			await waiting(bridge, "turns", index);
		}
		const more = () => callOnce(bridge, "turns", "echo", args("more"));
		expect((await more()).error).toMatchObject(queueFull(limit));
		await client.send({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: "cancelled" },
		});
		await waiting(bridge, "turns", 1);
		const answer = more();
		await waiting(bridge, "turns", 2);
		turns.letGo();
		expect(textOf(await answer)).toBe(args("more").message);
		client.close();
	});
});

describe("maxChildren", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				own: fixture("faulty", [], { isolation: "session", maxChildren: 2 }),
				auto: fixture("faulty", [], { maxChildren: 2 }),
				other: fixture("faulty", [], { isolation: "session" }),
				stubborn: fixture("faulty", ["ignore-eof", "ignore-term"], {
					isolation: "session",
					maxChildren: 1,
					stopTimeoutMs: 200,
				}),
			},
		});
	});
	const tooMany = {
		message: expect.stringContaining("maxChildren"),
		data: { code: "TOO_MANY_CHILDREN" },
	};
	const end = async ({ endpoint, headers }: RawClient) => {
		await fetch(endpoint, { method: "DELETE", headers });
	};

	test("answers a request that needs one more process with an error, and counts it; one that ends makes room", async () => {
		const clients = await Promise.all(
			transports.map((transport) =>
				RawClient.connect(bridge, "own", transport),
			),
		);
		for (const transport of transports) {
			const more = await RawClient.open(bridge, "own", transport);
			expect((await more.initialize()).error).toMatchObject({
				code: -32000,
				...tooMany,
			});
			more.close();
		}
		expect(await limitReached(bridge, "maxChildren", "own")).toBe(2);
		expect(await metric(bridge, "children", { server: "own" })).toBe(2);
		for (const client of clients)
			expect(await client.text(1, "pid")).toMatch(/^\d+$/);
		const other = await RawClient.connect(bridge, "other", "streamable");
		expect(await other.text(1, "pid")).toMatch(/^\d+$/);
		// It is not ill: it only has enough to do.
		const health = await getJson(bridge, "/servers/own/health");
		expect(health.status).toBe("ok");

		const [, streamable] = clients;
		if (streamable) await end(streamable);
		await eventually(
			async () => (await metric(bridge, "children", { server: "own" })) === 1,
			"the child of a session that has ended is still there",
		);
		const client = await RawClient.connect(bridge, "own", "streamable");
		expect(await client.text(1, "pid")).toMatch(/^\d+$/);
		await end(client);
		await end(other);
		for (const each of clients) each.close();
		await eventually(
			async () => (await metric(bridge, "children")) === 0,
			"children are left",
		);
	});

	test("counts a process until it is gone: who needs its place waits for that", async () => {
		const first = await RawClient.connect(bridge, "stubborn", "streamable");
		const pid = Number(await first.text(1, "pid"));
		await end(first);
		expect(isRunning(pid)).toBe(true);
		const second = await RawClient.connect(bridge, "stubborn", "streamable");
		expect(await second.text(1, "pid")).toMatch(/^\d+$/);
		expect(isRunning(pid)).toBe(false);
		await end(second);
		await eventually(
			async () => (await metric(bridge, "children")) === 0,
			"children are left",
		);
	});

	test("holds for many sessions that begin at once: there are never more processes", async () => {
		const clients = await Promise.all(
			Array.from({ length: 8 }, () =>
				RawClient.open(bridge, "own", "streamable"),
			),
		);
		const started = await metric(bridge, "children_started_total", {
			server: "own",
		});
		const answers = await Promise.all(
			clients.map((client) => client.initialize()),
		);
		const refused = answers.flatMap(({ error }) => error ?? []);
		expect(refused).toHaveLength(6);
		for (const error of refused) expect(error).toMatchObject(tooMany);
		expect(childPids(bridge)).toHaveLength(2);
		expect(
			await metric(bridge, "children_started_total", { server: "own" }),
		).toBe(started + 2);
		for (const client of clients) if (client.sessionId) await end(client);
	});

	test("bounds the children of modern clients that can be asked: a call has no room while others are at work", async () => {
		const capabilities = everyCapability;
		const clients = Array.from({ length: 3 }, (_, index) =>
			RawClient.open(bridge, "auto", index === 0 ? "sse" : "streamable"),
		);
		const [sse, streamable, third] = await Promise.all(clients);
		await sse?.initialize("2025-11-25", capabilities);
		await streamable?.initialize("2025-11-25", capabilities);
		const modern = new ModernClient(bridge, "auto", { capabilities });
		const { response } = await modern.request("tools/call", { name: "pid" });
		expect(response.error).toMatchObject({ code: -32603, ...tooMany });
		expect((await third?.initialize())?.error).toMatchObject(tooMany);
		sse?.close();
		await eventually(
			async () => (await metric(bridge, "children", { server: "auto" })) === 1,
			"the child of a session that has ended is still there",
		);
		expect(await modern.text("pid")).toMatch(/^\d+$/);
	});
});

describe("what is counted besides", () => {
	const stderrOf = (message: Message) =>
		(message.error?.data as { stderr: string[] }).stderr;

	test("maxStderrBytes: an error and the health page have the last lines of stderr, and no more bytes than that", async () => {
		const bridge = await startBridge({
			servers: {
				floods: fixture("faulty", ["stderr-flood", "die-on-call"], {
					maxStderrBytes: 200,
				}),
				short: fixture("faulty", ["die-on-call"], { maxStderrBytes: 10 }),
				enough: fixture("faulty", ["die-on-call"]),
				none: fixture("faulty", ["die-on-call"], { maxStderrBytes: 0 }),
			},
		});
		for (const [server, most, last] of [
			["floods", 200, "dying on call"],
			["short", 10, "dying on c"],
			["enough", 16_384, "dying on call"],
			["none", 0, ""],
		] as const) {
			const answer = await callOnce(bridge, server, "echo");
			const health = await getJson(bridge, `/servers/${server}/health`);
			for (const lines of [stderrOf(answer), health.stderr as string[]]) {
				expect([server, Buffer.byteLength(lines.join(""))]).toEqual([
					server,
					expect.toSatisfy((bytes: number) => bytes <= most),
				]);
				expect(lines.at(-1) ?? "").toBe(last);
			}
			const isReached = server !== "enough";
			expect([
				server,
				(await limitReached(bridge, "maxStderrBytes", server)) > 0,
			]).toEqual([server, isReached]);
		}
		await bridge.stop();
	});

	test("maxSuspendedCalls: the oldest call ends, and others are answered by their clients", async () => {
		const bridge = await startBridge({
			servers: {
				raw: recording("legacy-raw", file("record"), { maxSuspendedCalls: 1 }),
			},
		});
		const client = new ModernClient(bridge, "raw", {
			capabilities: everyCapability,
		});
		const params = (name: string) =>
			callOf("ask", { rounds: [[elicit(name)]], name });
		const [oldest, newest] = ["oldest", "newest"];
		const first = await client.result("tools/call", params(oldest));
		expect(await limitReached(bridge, "maxSuspendedCalls", "raw")).toBe(0);
		const second = await client.result("tools/call", params(newest));
		expect(await limitReached(bridge, "maxSuspendedCalls", "raw")).toBe(1);
		expect((await serverStatus(bridge, "raw")).suspendedCalls).toBe(1);
		const retry = (name: string, asked: typeof first) =>
			client.request("tools/call", {
				...params(name),
				requestState: asked.requestState,
				inputResponses: responsesTo(asked),
			});
		expect((await retry(oldest, first)).response.error).toBeDefined();
		expect(textOf((await retry(newest, second)).response)).toBe(
			JSON.stringify([[{ result: answerTo(elicit(newest)) }]]),
		);
		await bridge.stop();
	});

	test("maxLineBytes: each line that is longer", async () => {
		const bridge = await startBridge({
			servers: {
				big: fixture("faulty", ["big-line", "100000"], { maxLineBytes: 5000 }),
			},
		});
		for (const times of [1, 2]) {
			const { error } = await callOnce(bridge, "big", "echo");
			expect(error?.data).toMatchObject({ code: "LINE_TOO_LONG" });
			expect(await limitReached(bridge, "maxLineBytes", "big")).toBe(times);
		}
		await answered(bridge, "big");
		await bridge.stop();
	});
});
