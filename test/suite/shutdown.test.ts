import { renameSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
	childrenOf,
	eventually,
	groupMembers,
	isRunning,
	waitUntilGone,
} from "../harness/processes.ts";
import { openSse, post, RawClient } from "../harness/raw-http.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	childPids,
	fixture,
	type StartOptions,
	startBridge,
} from "../harness/start-bridge.ts";
import { callOnce, serverStatus, textOf } from "../harness/status.ts";

/** However the bridge ends, nothing of it is left. */

const file = scratch();
let bridges = 0;

/** A bridge with a child of every stubbornness, all of them running. */
async function startWithChildren(
	options: StartOptions = {},
	stopTimeoutMs = 500,
): Promise<{
	bridge: Bridge;
	pids: number[];
	ends: (name: string) => string[];
}> {
	const run = ++bridges;
	const endsFile = (name: string) => file(`${run} ${name}`);
	const server = (name: string, faults: string[], more = {}) =>
		fixture("faulty", faults, {
			stopTimeoutMs,
			env: { ENDS_FILE: endsFile(name) },
			...more,
		});
	// It ends by itself, so it may take its time on a busy machine.
	const willing = { stopTimeoutMs: 20_000 };
	const bridge = await startBridge(
		{
			servers: {
				polite: server("polite", [], willing),
				deaf: server("deaf", ["ignore-eof"]),
				stubborn: server("stubborn", ["ignore-eof", "ignore-term"]),
				parent: server("parent", ["grandchild"], willing),
				worst: server("worst", ["ignore-eof", "ignore-term", "grandchild"]),
				own: server("own", ["ignore-eof", "ignore-term"], {
					isolation: "session",
				}),
				spare: server("spare", ["ignore-eof", "ignore-term"], { warm: 2 }),
				starting: server("starting", ["silent", "ignore-eof", "ignore-term"]),
			},
			drainTimeoutMs: 300,
		},
		options,
	);
	const numbers = (name: string, tool: string) =>
		callOnce(bridge, name, tool).then((answer) => Number(textOf(answer)));
	// It never answers; its end is no business of this test.
	void callOnce(bridge, "starting", "pid").catch(() => {});
	const session = await RawClient.connect(bridge, "own", "streamable");
	const pids = await Promise.all([
		...["polite", "deaf", "stubborn", "parent", "worst"].map((name) =>
			numbers(name, "pid"),
		),
		...["parent", "worst"].map((name) => numbers(name, "grandchild")),
		session.text(1, "pid").then(Number),
	]);
	const started = (name: string) => linesOf(endsFile(name)).length;
	await eventually(
		() => started("spare") === 2 && started("starting") === 1,
		"not all children have started",
	);
	// The guardian too.
	const all = [...new Set([...childPids(bridge), ...childrenOf(bridge.pid)])];
	expect(all).toEqual(expect.arrayContaining(pids));
	return {
		bridge,
		pids: all,
		ends: (name) =>
			linesOf(endsFile(name))
				.map((line) => line.split(" ")[1] ?? "")
				.filter((what) => what !== "start"),
	};
}

/** Also what nobody has counted: members of the children's groups. */
async function expectNothingLeft({ pid }: Bridge, pids: number[]) {
	await waitUntilGone([pid, ...pids]);
	for (const group of pids) expect(groupMembers(group)).toEqual([]);
}

describe("nothing is left behind", () => {
	test.each([
		"SIGTERM",
		"SIGINT",
	] as const)("by %s, after which the exit code is 0, and each child had its chance", async (signal) => {
		const { bridge, pids, ends } = await startWithChildren();
		process.kill(bridge.pid, signal);
		expect(await bridge.exited).toEqual({ code: 0, signal: null });
		await expectNothingLeft(bridge, pids);
		// stdin's end, then SIGTERM, then SIGKILL; a step that is not needed is not taken.
		expect(ends("polite")).toEqual(["eof"]);
		expect(ends("parent")).toEqual(["eof"]);
		for (const name of ["deaf", "stubborn", "worst", "own", "starting"])
			expect([name, ...ends(name)]).toEqual([name, "eof", "SIGTERM"]);
		expect(ends("spare").sort()).toEqual(["SIGTERM", "SIGTERM", "eof", "eof"]);
	});

	test("by its terminal, when that is closed", async () => {
		const { bridge, pids } = await startWithChildren({ terminal: true });
		// The terminal goes with who has opened it.
		process.kill(bridge.pid, "SIGKILL");
		await bridge.exited;
		await expectNothingLeft(bridge, pids);
	});

	test("by SIGTERM while a child is on its way out already: it keeps its chance", async () => {
		const ends = file("on its way");
		const own = fixture("faulty", ["ignore-eof"], {
			isolation: "session",
			stopTimeoutMs: 500,
			env: { ENDS_FILE: ends },
		});
		const bridge = await startBridge({ servers: { own } });
		const client = await RawClient.connect(bridge, "own", "streamable");
		const pid = Number(await client.text(1, "pid"));
		const { endpoint, headers } = client;
		await fetch(endpoint, { method: "DELETE", headers });
		await eventually(
			() => linesOf(ends).some((line) => line.endsWith(" eof")),
			"its stdin is not closed",
		);
		process.kill(bridge.pid, "SIGTERM");
		expect(await bridge.exited).toEqual({ code: 0, signal: null });
		expect(linesOf(ends)).toEqual(
			["start", "eof", "SIGTERM"].map((what) => `${pid} ${what}`),
		);
	});

	test.each([
		"throw",
		"reject",
	])("by an error that nobody catches (%s), after which the exit code is 1", async (how) => {
		const told = file(`${how} now`);
		const { bridge, pids } = await startWithChildren({
			preload: "throw-when-told.mjs",
			env: { THROW_FILE: told },
		});
		writeFileSync(`${told}.new`, how);
		renameSync(`${told}.new`, told);
		expect(await bridge.exited).toEqual({ code: 1, signal: null });
		await expectNothingLeft(bridge, pids);
		await bridge.waitForLog("thrown because the test said so");
	});

	test("by SIGKILL, of which the bridge itself learns nothing", async () => {
		const { bridge, pids } = await startWithChildren();
		process.kill(bridge.pid, "SIGKILL");
		expect(await bridge.exited).toEqual({ code: null, signal: "SIGKILL" });
		await expectNothingLeft(bridge, pids);
	});

	test("by a second signal, at once, however long the children may take", async () => {
		const { bridge, pids } = await startWithChildren({}, 3_600_000);
		process.kill(bridge.pid, "SIGTERM");
		await bridge.waitForLog("shutting down");
		process.kill(bridge.pid, "SIGINT");
		expect(await bridge.exited).toEqual({ code: 1, signal: null });
		await expectNothingLeft(bridge, pids);
	});

	test("by a session's end, of a child that wants to stay and of what it has started", async () => {
		const bridge = await startBridge({
			servers: {
				own: fixture("faulty", ["ignore-eof", "ignore-term", "grandchild"], {
					isolation: "session",
					stopTimeoutMs: 200,
				}),
				parent: fixture("faulty", ["grandchild"], {
					isolation: "session",
					stopTimeoutMs: 200,
				}),
			},
		});
		for (const name of ["own", "parent"]) {
			const client = await RawClient.connect(bridge, name, "sse");
			const pids = [
				Number(await client.text(1, "pid")),
				Number(await client.text(2, "grandchild")),
			];
			expect(pids.every(isRunning)).toBe(true);
			client.close();
			await waitUntilGone(pids);
		}
		await bridge.stop();
	});

	test("by the death of a child whose grandchild holds its stdout: the call is answered, and the grandchild ends", async () => {
		const bridge = await startBridge({
			servers: {
				parent: fixture("faulty", ["grandchild", "die-on-call"], {
					stopTimeoutMs: 200,
				}),
			},
		});
		const grandchild = Number(
			textOf(await callOnce(bridge, "parent", "grandchild")),
		);
		const { error } = await callOnce(bridge, "parent", "echo");
		expect(error?.message).toContain("exited with code 3");
		await waitUntilGone([grandchild]);
		expect(textOf(await callOnce(bridge, "parent", "pid"))).toMatch(/^\d+$/);
		await bridge.stop();
	});
});

describe("who is served when the bridge is told to stop", () => {
	const held = file("held");
	const start = (drainTimeoutMs: number) => {
		writeFileSync(held, "");
		return startBridge({
			servers: {
				held: fixture("faulty", ["hold-on-call"], {
					env: { HOLD_FILE: held },
				}),
			},
			drainTimeoutMs,
		});
	};
	const call = (bridge: Bridge) =>
		callOnce(bridge, "held", "echo", { message: "at last" });
	const inFlight = (bridge: Bridge, count: number) =>
		eventually(
			async () =>
				(await serverStatus(bridge, "held")).shared?.inFlight === count,
			`there are not ${count} calls in flight`,
		);

	test("gets the answer to what is in flight", async () => {
		const bridge = await start(20_000);
		const client = await RawClient.connect(bridge, "held", "sse");
		void client.send({
			jsonrpc: "2.0",
			id: 1,
			method: "tools/call",
			params: { name: "echo", arguments: { message: "by SSE" } },
		});
		const answer = call(bridge);
		await inFlight(bridge, 2);
		process.kill(bridge.pid, "SIGTERM");
		await bridge.waitForLog("shutting down");
		rmSync(held);
		expect(textOf(await answer)).toBe("at last");
		expect(textOf(await client.answer(1))).toBe("by SSE");
		expect(await bridge.exited).toEqual({ code: 0, signal: null });
	});

	test("gets an error where that takes longer than drainTimeoutMs", async () => {
		const bridge = await start(500);
		const answer = call(bridge);
		await inFlight(bridge, 1);
		process.kill(bridge.pid, "SIGTERM");
		const { error } = await answer;
		expect(error?.message).toContain('Server "held" was stopped');
		expect(error?.data).toMatchObject({ code: "CHILD_STOPPED" });
		expect(await bridge.exited).toEqual({ code: 0, signal: null });
	});

	test("sees the end of its stream, and of the bridge's listening", async () => {
		const bridge = await start(20_000);
		const stream = await openSse(`${bridge.url}/servers/held/sse`);
		await stream.event(({ event }) => event === "endpoint");
		const client = await RawClient.connect(bridge, "held", "streamable", {
			listen: true,
		});
		process.kill(bridge.pid, "SIGTERM");
		await Promise.all([stream.ended, client.stream?.ended]);
		expect(await bridge.exited).toEqual({ code: 0, signal: null });
		await expect(post(`${bridge.url}/mcp`, {})).rejects.toThrow();
	});
});
