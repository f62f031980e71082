import { rmSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import { eventually, isRunning, waitUntilGone } from "../harness/processes.ts";
import { type Message, post, RawClient } from "../harness/raw-http.ts";
import { runtimeName } from "../harness/runtimes.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import {
	callOnce,
	serverStatus,
	sharedPid,
	textOf,
} from "../harness/status.ts";

/** A child that dies takes nothing with it but what was in flight, and that is answered. */

const file = scratch();
const call = (id: string | number, name: string): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name, arguments: {} },
});
/** Sends a call whose answer is long in coming: over Streamable HTTP not even its headers are waited for. */
const begin = (client: RawClient, message: Message) =>
	void client.send(message).catch(() => {});
const many = <T>(count: number, make: (index: number) => T): T[] =>
	Array.from({ length: count }, (_, index) => make(index));

describe("a child that dies", () => {
	const held = file("held");
	const calls = file("calls");
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				dies: fixture("faulty", ["die-on-call"]),
				kills: fixture("faulty", ["kill-on-call"]),
				hangs: fixture("faulty", ["hang-on-call"], {
					env: { CALLS_FILE: calls },
				}),
				floods: fixture("faulty", ["die-on-call", "stderr-flood"]),
				closes: fixture("faulty", ["close-stdout"]),
				deaf: fixture("faulty", ["close-stdin"], { stopTimeoutMs: 200 }),
				left: fixture("faulty", ["die-on-call", "detached-grandchild"]),
				other: fixture("faulty", ["hold-on-call"], {
					env: { HOLD_FILE: held, CALLS_FILE: file("calls of other") },
				}),
			},
		});
	});

	test.each(
		transports,
	)("by an exit: its call is told the code and the last lines on stderr, and the session goes on, over %s", async (transport) => {
		const client = await RawClient.connect(bridge, "dies", transport);
		const before = await client.text("before", "pid");
		const { error } = await client.request(call(1, "echo"));
		expect(error?.message).toContain('Server "dies" exited with code 3');
		expect(error?.message).toContain("dying on call");
		expect(error?.data).toEqual({
			code: "CHILD_EXITED",
			server: "dies",
			exitCode: 3,
			stderr: ["dying on call"],
		});
		expect(await client.text("after", "pid")).not.toBe(before);
		expect(client.refusals).toEqual([]);
		client.close();
	});

	test("by a signal: its call is told which", async () => {
		const { error } = await callOnce(bridge, "kills", "echo");
		expect(error?.message).toContain("was ended by SIGKILL");
		expect(error?.data).toMatchObject({
			code: "CHILD_EXITED",
			signal: "SIGKILL",
		});
	});

	test("answers its call with HTTP 200: a 4xx sends clients to another transport", async () => {
		const response = await post(
			`${bridge.url}/servers/dies/mcp`,
			call(1, "echo"),
		);
		expect(response.status).toBe(200);
		expect((await response.json()).error.message).toContain("code 3");
	});

	test("after a flood on stderr: no more of it than the last lines is passed on", async () => {
		const { error } = await callOnce(bridge, "floods", "echo");
		expect(error?.message).toContain("dying on call");
		expect(error?.data).toHaveProperty("stderr.length", 20);
		expect(error?.data).toHaveProperty(["stderr", 19], "dying on call");
		expect(error?.message.length).toBeLessThan(1500);
	});

	test("with many calls in flight: each is answered, of all clients; other servers notice nothing", async () => {
		writeFileSync(held, "");
		const other = await RawClient.connect(bridge, "other", "streamable");
		const otherPid = await other.text("pid", "pid");
		begin(other, call("held", "echo"));
		await eventually(
			() => linesOf(file("calls of other")).some((line) => /echo/.test(line)),
			"the other server never got its call",
		);

		const clients = await Promise.all(
			many(6, (index) =>
				RawClient.connect(bridge, "hangs", transports[index % 2] ?? "sse"),
			),
		);
		const pid = Number(await clients[0]?.text("pid", "pid"));
		for (const client of clients)
			for (const id of [1, 2, 3]) begin(client, call(id, "echo"));
		await eventually(
			() => linesOf(calls).filter((line) => /echo/.test(line)).length === 18,
			"the calls never came to the child",
		);
		process.kill(pid, "SIGKILL");
		for (const client of clients)
			for (const id of [1, 2, 3]) {
				const { error } = await client.answer(id);
				expect(error?.message).toContain("was ended by SIGKILL");
				expect(error?.data).toMatchObject({ signal: "SIGKILL" });
			}
		const pids = await Promise.all(
			clients.map((client) => client.text("after", "pid")),
		);
		expect(new Set(pids).size).toBe(1);
		expect(pids[0]).not.toBe(String(pid));
		for (const client of clients) client.close();

		rmSync(held);
		expect((await other.answer("held")).result).toBeDefined();
		expect(await other.text("still", "pid")).toBe(otherPid);
		expect(await serverStatus(bridge, "other")).toMatchObject({ spawned: 1 });
		other.close();
	});

	test("while nobody asks anything: the next request gets another", async () => {
		const client = await RawClient.connect(bridge, "dies", "sse");
		const pid = Number(await client.text(1, "pid"));
		process.kill(pid, "SIGKILL");
		await waitUntilGone([pid]);
		// The bridge may not have seen it yet: then this call is lost with the child, and it says so.
		const answer = await client.request(call(2, "pid"));
		if (answer.error)
			expect(answer.error.message).toContain("was ended by SIGKILL");
		else expect(textOf(answer)).not.toBe(String(pid));
		expect(await client.text(3, "pid")).not.toBe(String(pid));
		client.close();
	});

	test("by closing its stdout, though the process lives on: its call is answered all the same", async () => {
		const pid = Number(textOf(await callOnce(bridge, "closes", "pid")));
		const { error } = await callOnce(bridge, "closes", "echo");
		expect(error?.message).toContain('Server "closes"');
		await waitUntilGone([pid]);
		expect(textOf(await callOnce(bridge, "closes", "pid"))).not.toBe(
			String(pid),
		);
	}, 15_000);

	// Bun says of what it writes to a closed pipe that it was written.
	if (runtimeName !== "bun") {
		test("by closing its stdin, though the process lives on: what it cannot hear any more goes to another", async () => {
			const pid = textOf(await callOnce(bridge, "deaf", "pid"));
			expect(await callOnce(bridge, "deaf", "echo")).toHaveProperty("result");
			const next = textOf(await callOnce(bridge, "deaf", "pid"));
			expect(next).toMatch(/^\d+$/);
			expect(next).not.toBe(pid);
		});
	}

	test("and leaves somebody behind who holds its stdout: when that ends, its follower is not touched", async () => {
		const holder = Number(textOf(await callOnce(bridge, "left", "grandchild")));
		expect(await callOnce(bridge, "left", "echo")).toHaveProperty("error");
		const next = textOf(await callOnce(bridge, "left", "pid"));
		process.kill(holder, "SIGKILL");
		await waitUntilGone([holder]);
		for (let calls = 0; calls < 20; calls++) {
			expect(textOf(await callOnce(bridge, "left", "pid"))).toBe(next);
		}
		const last = await callOnce(bridge, "left", "grandchild");
		process.kill(Number(textOf(last)), "SIGKILL");
	});
});

describe("a server that keeps dying", () => {
	const hold = file("hold");
	const failing = (env = {}) =>
		fixture("faulty", ["die-on-start", "9"], { env });
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				lazy: failing({ HOLD_FILE: hold }),
				warm: { ...failing(), warm: 1 },
				early: { ...failing(), warm: 3 },
			},
		});
	});

	test("is started once for all the requests that wait, however many come", async () => {
		for (let round = 1; round <= 4; round++) {
			writeFileSync(hold, "");
			const pending = many(20, () => callOnce(bridge, "lazy", "echo"));
			await eventually(
				async () => (await serverStatus(bridge, "lazy")).shared?.waiting === 20,
				"the requests do not wait",
			);
			rmSync(hold);
			for (const { error } of await Promise.all(pending))
				expect(error?.message).toContain("exited with code 9");
			expect((await serverStatus(bridge, "lazy")).spawned).toBe(round);
		}
	});

	test("waits longer and longer, and requests do not shorten that", async () => {
		const { spawned, shared } = await eventually(async () => {
			const status = await serverStatus(bridge, "warm");
			return (
				status.shared?.state === "waiting" &&
				// By now it waits for two seconds at least, in which all of this has room.
				(status.shared?.failures ?? 0) >= 6 &&
				status
			);
		}, "it never waits");
		expect(spawned).toBe(shared?.failures);
		const pending = many(20, () => callOnce(bridge, "warm", "echo"));
		await eventually(
			async () => (await serverStatus(bridge, "warm")).shared?.waiting === 20,
			"the requests do not wait",
		);
		expect(await serverStatus(bridge, "warm")).toMatchObject({
			state: "failed",
			nextTry: expect.stringMatching(/^\d{4}-.*Z$/),
			spawned,
			shared: {
				state: "waiting",
				nextStart: expect.stringMatching(/^\d{4}-.*Z$/),
			},
		});
		for (const { error } of await Promise.all(pending))
			expect(error?.message).toContain("exited with code 9");
		expect((await serverStatus(bridge, "warm")).spawned).toBe(spawned + 1);
	});

	test("does not start spares over and over", async () => {
		await eventually(
			async () =>
				((await serverStatus(bridge, "early")).shared?.failures ?? 0) >= 4,
			"the server with spares was not tried again",
		);
		const { spawned, shared } = await serverStatus(bridge, "early");
		expect(spawned).toBeLessThanOrEqual((shared?.failures ?? 0) + 1 + 2);
	});
});

describe("a server that failed ten times in a row", () => {
	const patient = { startTimeoutMs: 2_000_000 };
	const state = (name: string) => ({ STATE_FILE: file(`${name}.state`) });
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge(
			{
				servers: {
					bad: {
						...fixture("faulty", ["die-on-start", "9"]),
						...patient,
					},
					mended: {
						...fixture("faulty", ["die-on-start", "9", "die-times", "11"], {
							env: state("mended"),
						}),
						...patient,
						warm: 1,
					},
				},
			},
			{ preload: "fast-timers.mjs" },
		);
	});

	test("is 'failed', and refuses requests at once with the reason", async () => {
		for (let attempt = 1; attempt <= 10; attempt++) {
			const { error } = await callOnce(bridge, "bad", "echo");
			expect(error?.message).toContain("exited with code 9");
			expect(error?.message).not.toContain("in a row");
		}
		expect(await serverStatus(bridge, "bad")).toMatchObject({
			state: "failed",
			spawned: 10,
			shared: { failures: 10, lastExit: "exited with code 9" },
		});
		const answers = await Promise.all(
			many(20, () => callOnce(bridge, "bad", "echo")),
		);
		for (const { error } of answers) {
			expect(error?.message).toContain("failed 10 times in a row");
			expect(error?.message).toContain("exited with code 9");
			expect(error?.message).toContain("the third line on stderr");
		}
		expect((await serverStatus(bridge, "bad")).spawned).toBe(10);
	});

	test("is tried again by itself where it is to be warm", async () => {
		const pid = await eventually(async () => {
			const { state } = await serverStatus(bridge, "mended");
			return state === "ready" && sharedPid(bridge, "mended");
		}, "it was never tried again");
		expect(isRunning(pid)).toBe(true);
		expect((await serverStatus(bridge, "mended")).spawned).toBe(12);
	});
});
