import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import {
	eventually,
	groupMembers,
	pidsWith,
	waitUntilGone,
} from "../harness/processes.ts";
import { openSse, RawClient } from "../harness/raw-http.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	childPids,
	fixture,
	startBridge,
} from "../harness/start-bridge.ts";
import {
	callOnce,
	getJson,
	serverStatus,
	sharedPid,
	textOf,
} from "../harness/status.ts";

/** When children start, and what is said of those that cannot. */

const file = scratch();
const tagged = (name: string) => ({ env: { TAG: file(`${name}.tag`) } });
const pidsOf = (name: string) => pidsWith(file(`${name}.tag`));
/** A recorder writes a file named after its process. */
const record = (name: string, more = {}) =>
	fixture("recorder", [], {
		env: { RECORD_FILE: file(`${name}-%p`), TAG: file(`${name}.tag`) },
		...more,
	});
const recordersOf = (name: string) =>
	readdirSync(path.dirname(file(name)))
		.filter((entry) => entry.startsWith(`${name}-`))
		.map((entry) => ({
			pid: Number(entry.slice(name.length + 1)),
			text: linesOf(file(entry)).join("\n"),
		}));

const asking = { capabilities: { sampling: {} } };

describe("a server that starts", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				lazy: fixture("faulty", [], tagged("lazy")),
				warm: fixture("faulty", [], { warm: 1 }),
				spare: record("spare", { warm: 2 }),
				sessions: record("sessions", { warm: 1, isolation: "session" }),
			},
		});
	});

	test("has no process before the first request, whatever is looked at", async () => {
		const base = `${bridge.url}/servers/lazy`;
		for (const url of [`${base}/health`, `${base}/mcp`, `${bridge.url}/status`])
			await (await fetch(url)).text();
		const stream = await openSse(`${base}/sse`);
		await stream.event(({ event }) => event === "endpoint");
		expect(await serverStatus(bridge, "lazy")).toMatchObject({
			state: "idle",
			spawned: 0,
		});
		expect(pidsOf("lazy")).toEqual([]);
		stream.close();

		const pid = Number(textOf(await callOnce(bridge, "lazy", "pid")));
		expect(pidsOf("lazy")).toEqual([pid]);
		expect(await serverStatus(bridge, "lazy")).toMatchObject({
			state: "ready",
			spawned: 1,
			shared: { pid },
		});
	});

	test("has one before any request with warm 1, and the first request gets that one", async () => {
		const pid = await eventually(async () => {
			const { state, shared } = await serverStatus(bridge, "warm");
			return state === "ready" && shared?.pid;
		}, "the warm server is not ready");
		expect(textOf(await callOnce(bridge, "warm", "pid"))).toBe(String(pid));
		expect((await serverStatus(bridge, "warm")).spawned).toBe(1);
	});

	test("has a spare besides with warm 2, which goes to a client with capabilities of its own and is replaced", async () => {
		const ahead = await eventually(async () => {
			const { state } = await serverStatus(bridge, "spare");
			const pids = pidsOf("spare");
			return state === "ready" && pids.length === 2 && pids;
		}, "there is no shared process with a spare");
		expect((await serverStatus(bridge, "spare")).spawned).toBe(2);

		const plain = await RawClient.connect(bridge, "spare", "streamable");
		await plain.text(1, "echo", { from: "plain" });
		expect((await serverStatus(bridge, "spare")).spawned).toBe(2);

		const own = await RawClient.connect(bridge, "spare", "streamable", asking);
		await own.text(1, "echo", { from: "own" });
		const served = recordersOf("spare").find(({ text }) =>
			text.includes('"own"'),
		);
		expect(ahead).toContain(served?.pid);
		expect(served?.text).toContain('"sampling"');
		expect(served?.text).not.toContain('"plain"');
		await eventually(
			() => pidsOf("spare").length === 3,
			"the spare was not replaced",
		);
		expect((await serverStatus(bridge, "spare")).spawned).toBe(3);
	});

	test("has a spare with warm 1 and isolation 'session', which the first session gets", async () => {
		const [spare] = await eventually(() => {
			const pids = pidsOf("sessions");
			return pids.length === 1 && pids;
		}, "there is no spare");
		const client = await RawClient.connect(bridge, "sessions", "sse");
		await client.text(1, "echo", { from: "first" });
		expect(
			recordersOf("sessions").find(({ text }) => text.includes('"first"'))?.pid,
		).toBe(spare);
		client.close();
	});

	test("leads a process group of its own", async () => {
		await callOnce(bridge, "lazy", "pid");
		// Children of sessions that have just ended may be on their way out.
		await eventually(
			() => {
				const pids = childPids(bridge);
				return (
					pids.length > 3 &&
					pids.every((pid) => String(groupMembers(pid)) === String(pid))
				);
			},
			() =>
				`groups of ${childPids(bridge)}: ${childPids(bridge).map(groupMembers).join("; ")}`,
		);
	});
});

describe("a server that cannot start", () => {
	const notExecutable = file("not-executable");
	writeFileSync(notExecutable, "#!/bin/sh\n", { mode: 0o644 });
	const vanished = file("vanished");
	mkdirSync(vanished);

	const cases = {
		missing: {
			server: { command: "no-such-command" },
			code: "COMMAND_NOT_FOUND",
			says: [
				'command "no-such-command" not found on PATH (install it, or set "command" to its full path)',
			],
		},
		notExecutable: {
			server: { command: notExecutable },
			code: "COMMAND_NOT_RUNNABLE",
			says: [notExecutable, "cannot be run", "executable"],
		},
		folder: {
			server: { command: path.dirname(notExecutable) },
			code: "COMMAND_NOT_RUNNABLE",
			says: [path.dirname(notExecutable), "cannot be run"],
		},
		vanished: {
			server: fixture("faulty", [], { cwd: vanished }),
			code: "CWD_NOT_FOUND",
			says: [vanished, "does not exist", '"cwd"'],
		},
		dies: {
			server: fixture("faulty", ["die-on-start", "7"]),
			code: "CHILD_EXITED",
			says: [
				"exited with code 7",
				"the first line on stderr | the second line on stderr | the third line on stderr",
			],
		},
		refuses: {
			server: fixture("faulty", ["refuse-initialize"], tagged("refuses")),
			code: "INITIALIZE_REFUSED",
			says: ["refused initialize", "not today"],
		},
		silent: {
			server: fixture("faulty", ["silent", "ignore-eof"], {
				...tagged("silent"),
				startTimeoutMs: 1000,
				stopTimeoutMs: 100,
			}),
			code: "START_TIMEOUT",
			says: ["did not answer initialize within 1000 ms", '"startTimeoutMs"'],
		},
	};
	type Name = keyof typeof cases;
	const names = Object.keys(cases) as Name[];

	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: Object.fromEntries(
				names.map((name) => [name, cases[name].server]),
			),
		});
		// A folder that is missing at the start of the bridge is an error of its config.
		rmdirSync(vanished);
	});

	test.each(
		names,
	)("%s: its client is told why, as its health and the log are", async (name) => {
		const { code, says } = cases[name];
		for (const transport of transports) {
			const client = await RawClient.open(bridge, name, transport);
			const { error, result } = await client.initialize();
			expect(result).toBeUndefined();
			for (const part of [`Server "${name}" `, ...says])
				expect(error?.message).toContain(part);
			expect(error?.data).toMatchObject({ code, server: name });
			client.close();
		}
		const health = await fetch(`${bridge.url}/servers/${name}/health`);
		expect(health.status).toBe(503);
		const body = (await health.json()) as { code: string; reason: string };
		expect(body.code).toBe(code);
		expect(body.reason).toContain(says[0]);
		const line = await bridge.waitForLog(
			new RegExp(`"server":"${name}".*"code":"${code}"`),
		);
		expect(JSON.parse(line).msg).toContain(says[0]);
	});

	test("is refused to a client without a session too, with HTTP 200", async () => {
		const { error } = await callOnce(bridge, "missing", "echo");
		expect(error?.message).toContain("no-such-command");
	});

	test("tells the exit code and the lines on stderr to programs", async () => {
		const { error } = await callOnce(bridge, "dies", "echo");
		const lines = ["error: the first", "the second", "the third"].map(
			(line) => `${line} line on stderr`,
		);
		expect(error?.data).toEqual({
			code: "CHILD_EXITED",
			server: "dies",
			exitCode: 7,
			stderr: lines,
			errorLines: lines,
		});
	});

	test.each([
		"refuses",
		"silent",
	] as const)("%s: its process is ended", async (name) => {
		const answer = callOnce(bridge, name, "echo");
		const pids = await eventually(() => {
			const found = pidsOf(name);
			return found.length > 0 && found;
		}, "no process was started");
		expect((await answer).error).toBeDefined();
		await waitUntilGone(pids);
		expect((await sharedPid(bridge, name)) ?? 0).not.toBe(pids[0]);
	});

	test("is named in /status, and does not take the bridge down", async () => {
		await callOnce(bridge, "missing", "echo");
		expect(await serverStatus(bridge, "missing")).toMatchObject({
			failure: { code: "COMMAND_NOT_FOUND" },
			shared: { lastExit: expect.stringContaining("no-such-command") },
		});
		expect(await getJson(bridge, "/health/live")).toEqual({ status: "ok" });
	});
});
