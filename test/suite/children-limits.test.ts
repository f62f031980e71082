import { rmSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import { eventually, isRunning, waitUntilGone } from "../harness/processes.ts";
import { type Message, RawClient } from "../harness/raw-http.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import {
	callOnce,
	serverStatus,
	sharedPid,
	textOf,
} from "../harness/status.ts";

/** `concurrency` and `idleTimeoutMs`. */

const file = scratch();
const call = (id: string | number, name: string, args = {}): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name, arguments: args },
});
/** Sends a call whose answer is long in coming: over Streamable HTTP not even its headers are waited for. */
const begin = (client: RawClient, message: Message) =>
	void client.send(message).catch(() => {});
const cancel = (requestId: string | number): Message => ({
	jsonrpc: "2.0",
	method: "notifications/cancelled",
	params: { requestId, reason: "enough" },
});

describe("concurrency 1", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				serial: fixture("faulty", ["serial"], {
					concurrency: 1,
					env: { STATE_FILE: file("serial") },
				}),
				hangs: fixture("faulty", ["hang-on-call"], {
					concurrency: 1,
					env: { CALLS_FILE: file("calls") },
				}),
			},
		});
	});

	/** Waits until this many calls wait for the child that hangs. */
	const waiting = (count: number) =>
		eventually(
			async () =>
				(await serverStatus(bridge, "hangs")).shared?.waiting === count,
			`there are not ${count} calls that wait`,
		);
	/** Waits until a call has come to it. */
	const called = (pattern: RegExp) =>
		eventually(
			() => linesOf(file("calls")).some((line) => pattern.test(line)),
			`no call ${pattern} came to the child`,
		);

	test("no write is lost of 50 at the same time, of many clients", async () => {
		const clients = await Promise.all(
			Array.from({ length: 10 }, (_, index) =>
				RawClient.connect(bridge, "serial", transports[index % 2] ?? "sse"),
			),
		);
		const values = Array.from({ length: 50 }, (_, index) => index);
		await Promise.all(
			values.map((value) =>
				clients[value % 10]?.text(`write ${value}`, "write", { value }),
			),
		);
		const written: number[] = JSON.parse(
			textOf(await callOnce(bridge, "serial", "values")),
		);
		expect(written.sort((a, b) => a - b)).toEqual(values);
		for (const client of clients) client.close();
	});

	test.each(
		transports,
	)("a request that waits and is cancelled never reaches the child, and those behind it go on, over %s", async (transport) => {
		const client = await RawClient.connect(bridge, "hangs", transport);
		const name = (what: string) => `${what} ${transport}`;
		begin(client, call(name("hangs"), "echo", { transport }));
		await called(new RegExp(`echo.*${transport}`));
		begin(client, call(name("waits"), "values", { transport }));
		await waiting(1);
		begin(client, call(name("behind"), "pid", { transport }));
		await waiting(2);
		await client.send(cancel(name("waits")));
		await waiting(1);
		await client.send(cancel(name("hangs")));
		expect(textOf(await client.answer(name("behind")))).toMatch(/^\d+$/);
		const tools = linesOf(file("calls"))
			.filter((line) => line.includes(transport))
			.map((line) => line.split(" ")[1]);
		expect(tools).toEqual(["echo", "pid"]);
		expect(await serverStatus(bridge, "hangs")).toMatchObject({
			shared: { inFlight: 0, waiting: 0 },
		});
		client.close();
	});

	test("a client that goes away frees what it had waiting", async () => {
		const [first, second] = await Promise.all(
			(["streamable", "streamable"] as const).map((transport) =>
				RawClient.connect(bridge, "hangs", transport),
			),
		);
		if (!first || !second) throw new Error("unreachable");
		begin(first, call(1, "echo", { from: "first" }));
		await called(/echo.*first/);
		begin(first, call(2, "values", { from: "first" }));
		await waiting(1);
		begin(second, call(3, "pid", { from: "second" }));
		await waiting(2);
		const ended = await fetch(first.endpoint, {
			method: "DELETE",
			headers: first.headers,
		});
		expect(ended.status).toBeLessThan(300);
		expect(textOf(await second.answer(3))).toMatch(/^\d+$/);
		expect(
			linesOf(file("calls")).filter((line) => /values.*first/.test(line)),
		).toEqual([]);
		first.close();
		second.close();
	});
});

describe("idleTimeoutMs", () => {
	const held = file("held");
	const idle = (faults: string[] = [], more = {}) =>
		fixture("faulty", faults, { idleTimeoutMs: 150, ...more });
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				idle: idle(),
				other: idle(),
				held: idle(["hold-on-call"], {
					env: { HOLD_FILE: held, CALLS_FILE: file("calls of held") },
				}),
				warm: idle([], { warm: 1 }),
				own: idle([], { isolation: "session" }),
			},
		});
	});

	test.each(
		transports,
	)("stops a child that nobody asks anything, and the session goes on with another, over %s", async (transport) => {
		const client = await RawClient.connect(bridge, "idle", transport);
		const first = Number(await client.text(1, "pid"));
		await waitUntilGone([first]);
		await eventually(
			async () => (await serverStatus(bridge, "idle")).state === "idle",
			"the server is not idle",
		);
		const second = Number(await client.text(2, "pid"));
		expect(second).not.toBe(first);
		expect(client.refusals).toEqual([]);
		client.close();
	});

	test("stops the child of a session of its own too, and the session goes on with another", async () => {
		const client = await RawClient.connect(bridge, "own", "streamable");
		const first = Number(await client.text(1, "pid"));
		await waitUntilGone([first]);
		expect(await client.text(2, "pid")).not.toBe(String(first));
		client.close();
	});

	test("is no failure", async () => {
		const pid = Number(textOf(await callOnce(bridge, "idle", "pid")));
		await waitUntilGone([pid]);
		const health = await fetch(`${bridge.url}/servers/idle/health`);
		expect(health.status).toBe(200);
		expect(await serverStatus(bridge, "idle")).not.toHaveProperty("failure");
	});

	test("never stops a child with a request in flight", async () => {
		writeFileSync(held, "");
		const pid = Number(textOf(await callOnce(bridge, "held", "pid")));
		const answer = callOnce(bridge, "held", "echo", { message: "held" });
		await eventually(
			() => linesOf(file("calls of held")).some((line) => /echo/.test(line)),
			"the call never came to the child",
		);
		// Another whose idle time began later, and is over now, twice.
		for (let times = 0; times < 2; times++)
			await waitUntilGone([
				Number(textOf(await callOnce(bridge, "other", "pid"))),
			]);
		expect(isRunning(pid)).toBe(true);
		rmSync(held);
		expect(textOf(await answer)).toBe("held");
		await waitUntilGone([pid]);
	});

	test("does not stop and start a warm child over and over", async () => {
		const pid = await eventually(
			() => sharedPid(bridge, "warm"),
			"the warm server never started",
		);
		for (let times = 0; times < 3; times++)
			await waitUntilGone([
				Number(textOf(await callOnce(bridge, "other", "pid"))),
			]);
		expect((await serverStatus(bridge, "warm")).spawned).toBe(1);
		expect(isRunning(pid)).toBe(true);
	});

	test("says once that it stops a child", async () => {
		const before = bridge.log.length;
		const pid = Number(textOf(await callOnce(bridge, "idle", "pid")));
		await waitUntilGone([pid]);
		await waitUntilGone([
			Number(textOf(await callOnce(bridge, "other", "pid"))),
		]);
		const lines = bridge.log
			.slice(before)
			.filter((line) => /"server":"idle".*nobody needs it/.test(line));
		expect(lines).toHaveLength(1);
	});
});
