import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../harness/processes.ts";
import { root } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { type ServerInput, startBridge } from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/** The container of a killed `docker run`. */

const file = scratch();
const docker = path.join(root, "test/fixtures/bin/docker");

/** A server in a container of this name, which a killed client leaves. */
function containerized(
	name: string,
	stopCommand?: readonly string[],
): ServerInput {
	mkdirSync(file("containers"), { recursive: true });
	return {
		command: docker,
		args: ["run", "-i", "--rm", "--init", "--name", name, "mcp/example"],
		env: { CONTAINERS: file("containers") },
		isolation: "shared",
		stopTimeoutMs: 200,
		...(stopCommand && { stopCommand }),
	};
}
const container = (name: string) => path.join(file("containers"), name);

test("a child that had to be killed has its stop command run, before the bridge ends; without one the log says that the container may run on", async () => {
	const bridge = await startBridge({
		servers: {
			ended: containerized("ended", [docker, "rm", "--force", "ended"]),
			left: containerized("left"),
			failing: containerized("failing", [docker, "fail"]),
			missing: containerized("missing", ["no-such-program"]),
			polite: {
				command: process.execPath,
				args: [path.join(root, "test/fixtures/faulty.mjs")],
				// Time enough to end by itself.
				stopTimeoutMs: 20_000,
				stopCommand: ["touch", file("not needed")],
			},
		},
	});
	const [pid] = await Promise.all(
		["ended", "left", "failing", "missing", "polite"].map((name) =>
			callOnce(bridge, name, "pid").then(textOf),
		),
	);
	expect(await bridge.stop()).toEqual({ code: 0, signal: null });

	expect(existsSync(container("ended"))).toBe(false);
	expect(readFileSync(container("ended removed"), "utf8")).toBe(pid);
	for (const name of ["left", "failing", "missing"])
		expect(existsSync(container(name))).toBe(true);
	expect(existsSync(file("not needed"))).toBe(false);

	const lineOf = (server: string) =>
		bridge.log
			.filter((line) => line.includes("was killed"))
			.map((line) => JSON.parse(line))
			.filter((line) => line.server === server);
	expect(lineOf("ended")).toMatchObject([
		{ level: 30, msg: "was killed; its stopCommand has run" },
	]);
	expect(lineOf("left")).toMatchObject([
		{
			level: 40,
			msg: expect.stringContaining("its container may still run"),
		},
	]);
	expect(lineOf("failing")).toMatchObject([
		{
			level: 50,
			msg: expect.stringContaining("its stopCommand exited with code 1"),
			stderr: ["Cannot connect to the Docker daemon"],
		},
	]);
	expect(lineOf("missing")).toMatchObject([
		{
			level: 50,
			msg: expect.stringContaining('command "no-such-program" not found'),
		},
	]);
	expect(lineOf("polite")).toEqual([]);
});

test("a child that somebody else has killed has its stop command run, and its name is free for the next one", async () => {
	const bridge = await startBridge({
		servers: {
			again: containerized("again", [docker, "rm", "--force", "again"]),
		},
	});
	const pid = Number(textOf(await callOnce(bridge, "again", "pid")));
	process.kill(pid, "SIGKILL");
	await eventually(
		() => existsSync(container("again removed")),
		"its stop command has not run",
	);
	await bridge.waitForLog("its stopCommand has run");
	expect(Number(textOf(await callOnce(bridge, "again", "pid")))).not.toBe(pid);
});
