import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { GuardianStatus } from "../../src/protocol/server-health.ts";
import { metric } from "../harness/metrics.ts";
import {
	childrenOf,
	eventually,
	isRunning,
	pidsWith,
	waitUntilGone,
} from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import { root } from "../harness/runtimes.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	childPids,
	fixture,
	type ServerInput,
	startBridge,
} from "../harness/start-bridge.ts";
import { callOnce, getJson, textOf } from "../harness/status.ts";

/** The process that ends what a killed bridge leaves, and what happens without it. */

const file = scratch();
const deaf = fixture("faulty", ["ignore-eof", "ignore-term"], {
	stopTimeoutMs: 200,
});

const guardianOf = async (bridge: Bridge) =>
	(await getJson(bridge, "/status")).guardian as GuardianStatus;

async function guardianPid(bridge: Bridge): Promise<number> {
	const guardian = await guardianOf(bridge);
	if (guardian.state !== "running") throw new Error(JSON.stringify(guardian));
	return guardian.pid;
}

const pidOf = async (bridge: Bridge, server: string) =>
	Number(textOf(await callOnce(bridge, server, "pid")));

async function killBridge(bridge: Bridge): Promise<void> {
	process.kill(bridge.pid, "SIGKILL");
	await bridge.exited;
}

/** A shell that becomes a server after it has started what it is to leave. */
function leaving(script: string, ...faults: string[]): ServerInput {
	const faulty = path.join(root, "test/fixtures/faulty.mjs");
	const args = ["-c", `${script}\nexec "$@"`, "sh", process.execPath, faulty];
	return { command: "sh", args: [...args, ...faults], stopTimeoutMs: 200 };
}

describe("a guardian that was killed", () => {
	test("is replaced, which the log, /status and /metrics say, and children of before and after are under guard", async () => {
		const bridge = await startBridge({
			servers: { before: deaf, after: deaf },
		});
		expect(await guardianOf(bridge)).toEqual({ state: "idle", restarts: 0 });
		const before = await pidOf(bridge, "before");
		const first = await guardianPid(bridge);
		expect(childrenOf(bridge.pid)).toContain(first);

		process.kill(first, "SIGKILL");
		await bridge.waitForLog("there is a guardian again");
		expect(bridge.log.join("\n")).toMatch(/guardian.*was ended by SIGKILL/);
		expect(await guardianOf(bridge)).toMatchObject({ restarts: 1 });
		expect(await metric(bridge, "guardian_restarts_total")).toBe(1);
		expect(await metric(bridge, "guardian_missing")).toBe(0);

		const after = await pidOf(bridge, "after");
		const second = await guardianPid(bridge);
		expect(second).not.toBe(first);
		await killBridge(bridge);
		await waitUntilGone([before, after, second]);
	});

	test("together with its bridge: the next bridge ends what they have left, and nothing of a bridge that lives", async () => {
		const servers = { deaf, daemon: leaving("setsid sleep 600 &") };
		const [killed, living] = await Promise.all([
			startBridge({ servers }),
			startBridge({ servers }),
		]);
		const all = [killed, living].flatMap((bridge) =>
			["deaf", "daemon"].map((server) => pidOf(bridge, server)),
		);
		await Promise.all(all);
		process.kill(await guardianPid(killed), "SIGSTOP");
		const guardian = await guardianPid(killed);
		await killBridge(killed);
		process.kill(guardian, "SIGKILL");
		const left = childPids(killed);
		// The polite one ends by the end of its stdin.
		expect(left.length).toBeGreaterThanOrEqual(2);
		const kept = childPids(living);

		const next = await startBridge({ servers: { deaf } });
		await pidOf(next, "deaf");
		// By this one, or by any other bridge of the same user that was started just before.
		await waitUntilGone(left, 30_000);
		expect(kept.filter(isRunning)).toEqual(kept);
		await Promise.all([next.stop(), living.stop()]);
	});
});

test("what a child has started in a session of its own ends with a bridge that is killed, and with one that is stopped, unless it has taken the mark from its environment", async () => {
	const kept = file("kept");
	const servers = {
		daemon: leaving("setsid sleep 600 &"),
		forking: leaving("(setsid sh -c 'sleep 600 &')"),
		bare: leaving("env -i setsid sleep 600 &", "ignore-eof"),
		unmarked: leaving(
			// The harness finds its folder in PATH and PWD too.
			`(cd / && env -u MCP_EDGE_BRIDGE_CHILD_OF -u BRIDGE_TEST_MARKER -u OLDPWD PATH=/usr/bin:/bin setsid sh -c 'sleep 600 & echo $! > ${kept}')`,
		),
	};
	for (const signal of ["SIGKILL", "SIGTERM"] as const) {
		const bridge = await startBridge({ servers });
		await Promise.all(
			Object.keys(servers).map((server) => pidOf(bridge, server)),
		);
		const pid = Number(linesOf(kept)[0]);
		onTestFinished(() => {
			process.kill(pid, "SIGKILL");
		});
		// Its environment does not say whose it is; but its parent is still there.
		const bare = childrenOf(await pidOf(bridge, "bare"));
		const guardian = await guardianPid(bridge);
		expect(bare).toHaveLength(1);
		// Stopped in good order it ends its child first, and nothing tells any more whose the bare one is.
		if (signal === "SIGTERM") process.kill(bare[0] ?? 0, "SIGKILL");
		await bridge.stop(signal);
		await waitUntilGone([...bare, guardian]);
		expect(pidsWith(bridge.marker)).toEqual([]);
		expect(isRunning(pid)).toBe(true);
	}
});

test("a child that had to be killed after its bridge was has its stop command run, with its own environment", async () => {
	const docker = path.join(root, "test/fixtures/bin/docker");
	const containers = file("it's\ncontainers");
	mkdirSync(containers);
	const bridge = await startBridge({
		servers: {
			container: {
				command: docker,
				args: ["run", "-i", "--name", "mine", "example"],
				env: { CONTAINERS: containers, "not a variable": "1" },
				stopCommand: [docker, "rm", "--force", "mine"],
			},
			polite: fixture("faulty", [], {
				stopCommand: ["touch", file("not needed")],
			}),
		},
	});
	await Promise.all([pidOf(bridge, "container"), pidOf(bridge, "polite")]);
	const guardian = await guardianPid(bridge);
	await killBridge(bridge);
	await waitUntilGone([guardian], 30_000);
	expect(existsSync(path.join(containers, "mine"))).toBe(false);
	expect(existsSync(path.join(containers, "mine removed"))).toBe(true);
	expect(existsSync(file("not needed"))).toBe(false);
});

test("a bridge without PATH serves all the same, has its guardian, and starts no child more than it needs", async () => {
	const bridge = await startBridge(
		{ servers: { deaf } },
		{ env: { PATH: undefined } },
	);
	const pid = await pidOf(bridge, "deaf");
	expect(await pidOf(bridge, "deaf")).toBe(pid);
	expect(childPids(bridge)).toEqual([pid]);
	const guardian = await guardianPid(bridge);
	await killBridge(bridge);
	await waitUntilGone([pid, guardian]);
});

test("a child that does not want to end is killed in time though the clock is set back meanwhile", async () => {
	const [ends, back] = [file("ends"), file("set back")];
	const bridge = await startBridge(
		{
			servers: {
				own: fixture("faulty", ["ignore-eof", "ignore-term"], {
					isolation: "session",
					stopTimeoutMs: 1000,
					env: { ENDS_FILE: ends },
				}),
			},
		},
		{ preload: "set-clock-back-when-told.mjs", env: { CLOCK_FILE: back } },
	);
	const client = await RawClient.connect(bridge, "own", "streamable");
	const pid = Number(await client.text(1, "pid"));
	const { endpoint, headers } = client;
	await fetch(endpoint, { method: "DELETE", headers });
	await eventually(
		() => linesOf(ends).some((line) => line.endsWith(" SIGTERM")),
		"it has not got SIGTERM",
	);
	writeFileSync(back, "");
	await waitUntilGone([pid]);
	await bridge.stop();
});
