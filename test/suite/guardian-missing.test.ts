import { rmSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { openWire } from "../../src/spawn/process/open-wire.ts";
import { startProcess } from "../../src/spawn/process/start-process.ts";
import { metric } from "../harness/metrics.ts";
import { isRunning, pidsWith, waitUntilGone } from "../harness/processes.ts";
import { scratch } from "../harness/scratch.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, getJson, textOf } from "../harness/status.ts";

/** Children without a guardian, and without a bridge that knows of them. */

const file = scratch();

test("where none can be started, calls are answered, /status, readiness, the log and /metrics say so, and it is tried until there is one", async () => {
	const noShell = file("no shell");
	writeFileSync(noShell, "");
	const bridge = await startBridge(
		{ servers: { deaf: fixture("faulty", ["ignore-eof", "ignore-term"]) } },
		{
			preload: "no-shell-when-told.cjs",
			env: { NO_SHELL_FILE: noShell },
		},
	);
	const pid = Number(textOf(await callOnce(bridge, "deaf", "pid")));
	await bridge.waitForLog(/guardian.*could not be started.*ENOENT/);
	const missing = {
		state: "missing",
		reason: expect.stringContaining("could not be started"),
		restarts: expect.any(Number),
	};
	expect((await getJson(bridge, "/status")).guardian).toEqual(missing);
	expect(await getJson(bridge, "/health/ready")).toMatchObject({
		status: "ready",
		guardian: missing,
	});
	expect(await metric(bridge, "guardian_missing")).toBe(1);

	rmSync(noShell);
	await bridge.waitForLog("there is a guardian again");
	expect((await getJson(bridge, "/status")).guardian).toMatchObject({
		state: "running",
	});
	expect(await metric(bridge, "guardian_missing")).toBe(0);
	expect(await getJson(bridge, "/health/ready")).not.toHaveProperty("guardian");
	process.kill(bridge.pid, "SIGKILL");
	await bridge.exited;
	await waitUntilGone([pid]);
});

test("a child is ended where something is thrown between its start and its book-keeping", async () => {
	const marker = file("thrown");
	const command = {
		command: "sleep",
		args: ["600"],
		env: { MARKER: marker },
		cwd: "/",
		localDir: "/",
		maxStderrBytes: 1000,
		stopTimeoutMs: 100,
		stopCommand: undefined,
	};
	const started = startProcess({ ...command, maxLineBytes: 1000 });
	onTestFinished(() => {
		started?.kill("SIGKILL");
	});
	expect(pidsWith(marker)).toEqual([started?.pid]);
	const broken = {
		...command,
		get maxLineBytes(): number {
			expect(pidsWith(marker)).toHaveLength(2);
			throw new Error("thrown because the test said so");
		},
	};
	expect(() => openWire(broken, async () => {})).toThrow("thrown because");
	await waitUntilGone(pidsWith(marker).filter((pid) => pid !== started?.pid));
	expect(isRunning(started?.pid ?? 0)).toBe(true);
});
