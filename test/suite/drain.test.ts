import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { HeldServer } from "../harness/held-server.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import {
	initializeRequest,
	type Message,
	messagesOf,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { answerOf, postText, RawSocket } from "../harness/raw-socket.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, getJson, serverStatus, textOf } from "../harness/status.ts";

/** A bridge that is told to stop finishes what it has accepted, and accepts nothing more. */

const file = scratch();

describe("while it drains", () => {
	const server = new HeldServer(file("held"), { concurrency: 1 });
	let bridge: Bridge;
	let sse: RawClient;
	let streamable: RawClient;
	let accepted: Promise<Message>[];
	beforeAll(async () => {
		server.hold();
		bridge = await startBridge({
			servers: { held: server.entry, cold: fixture("faulty") },
			drainTimeoutMs: 30_000,
		});
		sse = await RawClient.connect(bridge, "held", "sse");
		streamable = await RawClient.connect(bridge, "held", "streamable");
		const waiting = ["first", "second"].map((message) =>
			callOnce(bridge, "held", "echo", { message }),
		);
		accepted = [...waiting, sse.request(callMessage("s", "echo"))];
		await eventually(
			async () => (await serverStatus(bridge, "held")).shared?.waiting === 2,
			"the requests are not there",
		);
		process.kill(bridge.pid, "SIGTERM");
		await bridge.waitForLog("shutting down");
	});

	test("it lives and is not ready", async () => {
		expect((await fetch(`${bridge.url}/health/live`)).status).toBe(200);
		expect((await fetch(`${bridge.url}/health/ready`)).status).toBe(503);
		expect(await getJson(bridge, "/status")).toMatchObject({
			status: "closing",
		});
	});

	test.each<[string, () => Promise<Response>]>([
		[
			"a session over Streamable HTTP",
			() => post(`${bridge.url}/servers/held/mcp`, initializeRequest()),
		],
		["a session over HTTP+SSE", () => fetch(`${bridge.url}/servers/held/sse`)],
		["a request of a session", () => streamable.post(callMessage(1, "pid"))],
		["a request over HTTP+SSE", () => sse.post(callMessage(2, "pid"))],
		[
			"a request without a session",
			() => post(`${bridge.url}/servers/cold/mcp`, callMessage(3, "pid")),
		],
		[
			"a modern request",
			() => new ModernClient(bridge, "cold").post("tools/list"),
		],
	])("%s is refused with 503 and Retry-After", async (_what, send) => {
		const response = await send();
		expect(response.status).toBe(503);
		expect(response.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
		expect((await messagesOf(response))[0]?.error?.message).toContain(
			"shutting down",
		);
	});

	test("an EventSource that comes back is told to come again, since it gives up at any other status", async () => {
		const response = await fetch(`${bridge.url}/servers/held/sse`, {
			headers: { "last-event-id": "what it had" },
		});
		expect(response.status).toBe(200);
		expect(await response.text()).not.toContain("endpoint");
	});

	test("what is in flight, and what waits behind it, is answered; then it ends with 0", async () => {
		server.letGo();
		const answers = await Promise.all(accepted);
		for (const { error } of answers) expect(error).toBeUndefined();
		expect(server.calls("echo")).toHaveLength(3);
		await sse.stream?.ended;
		expect(await bridge.exited).toEqual({ code: 0, signal: null });
	});
});

test("under load every request that was accepted is answered", async () => {
	const bridge = await startBridge({
		servers: {
			shared: fixture("faulty"),
			queue: fixture("faulty", [], { concurrency: 1 }),
			own: fixture("faulty", [], { isolation: "session" }),
		},
		drainTimeoutMs: 30_000,
	});
	const names = ["shared", "queue", "own"];
	const sessions = await Promise.all(
		names.flatMap((name) => [
			RawClient.connect(bridge, name, "sse"),
			RawClient.connect(bridge, name, "streamable"),
		]),
	);
	let answered = 0;
	/** Goes on until it is refused; whatever was accepted before has to be answered. */
	const overSession = async (client: RawClient) => {
		for (let turn = 0; ; turn++) {
			const id = `turn ${turn}`;
			const response = await client
				.post(callMessage(id, "echo", { message: id }))
				.catch(() => undefined);
			// Nobody listens any more: it was not accepted.
			if (response === undefined || response.status === 503) return;
			expect([200, 202]).toContain(response.status);
			const answer =
				client.transport === "sse"
					? await client.answer(id)
					: (await messagesOf(response)).at(-1);
			expect(answer && textOf(answer)).toBe(id);
			answered++;
		}
	};
	const modern = async (name: string) => {
		const client = new ModernClient(bridge, name);
		for (let turn = 0; ; turn++) {
			const params = { name: "echo", arguments: { message: `m${turn}` } };
			const response = await client
				.post("tools/call", params)
				.catch(() => undefined);
			if (response === undefined || response.status === 503) return;
			const answer = (await messagesOf(response)).at(-1);
			expect(answer && textOf(answer)).toBe(`m${turn}`);
			answered++;
		}
	};
	const load = [
		...sessions.map(overSession),
		modern("shared"),
		modern("queue"),
	];
	await eventually(() => answered > 300, "there is no load");
	process.kill(bridge.pid, "SIGTERM");
	await Promise.all(load);
	expect(await bridge.exited).toEqual({ code: 0, signal: null });
});

test.each([
	["JSON", "application/json"],
	["a stream", "text/event-stream"],
])("a large answer in %s whose client is slow to read it arrives whole, also when the bridge listens no more", async (_what, accept) => {
	// More than the connection itself takes.
	const bytes = 16 * 1024 * 1024;
	const bridge = await startBridge({
		servers: { large: fixture("faulty", ["big-line", String(bytes)]) },
		drainTimeoutMs: 30_000,
	});
	const call = callMessage(1, "echo");
	const text = postText(bridge, "/servers/large/mcp", call, { accept });
	const socket = await RawSocket.send(bridge, text);
	await socket.until(/x{1000}/);
	socket.stopReading();
	process.kill(bridge.pid, "SIGTERM");
	await bridge.waitForLog("shutting down");
	await eventually(
		() =>
			RawSocket.open(bridge).then(
				(other) => other.close(),
				() => true,
			),
		"it still listens",
	);
	// Every connection gets half a second: that this one gets more shows in nothing but the time.
	await delay(1000);
	socket.readOn();
	await socket.closed;
	const { status, body } = answerOf(socket.received);
	expect(status).toBe(200);
	const unchunked = body.replaceAll(/(^|\r\n)[\da-f]+\r\n/gi, "");
	const [message] = /\{.*\}/.exec(unchunked) ?? [];
	expect(textOf(JSON.parse(message ?? "null"))).toHaveLength(bytes);
	expect(await bridge.exited).toEqual({ code: 0, signal: null });
});

test("starts are capped over all servers, and one that hangs keeps nobody waiting", async () => {
	const hanging = ["a", "b", "c"];
	const bridge = await startBridge({
		servers: {
			...Object.fromEntries(
				hanging.map((name) => [
					name,
					fixture("faulty", ["silent"], { startTimeoutMs: 20_000 }),
				]),
			),
			good: fixture("faulty"),
		},
		maxStartingChildren: 1,
		drainTimeoutMs: 0,
	});
	const calls = hanging.map((name) => callOnce(bridge, name, "pid"));
	const states = async () =>
		Promise.all(
			hanging.map(async (name) => (await serverStatus(bridge, name)).state),
		);
	await eventually(
		async () => (await states()).includes("queued"),
		"none waits for its turn",
	);
	expect(
		(await states()).filter((state) => state === "starting").length,
	).toBeLessThan(3);
	expect(textOf(await callOnce(bridge, "good", "pid"))).toMatch(/^\d+$/);
	await bridge.stop();
	await Promise.allSettled(calls);
});
