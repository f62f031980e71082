import { execFileSync, spawn } from "node:child_process";
import { closeSync, createReadStream, openSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { samplesOf, sumOf } from "../harness/metrics.ts";
import { eventually } from "../harness/processes.ts";
import { bridgeCommand } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, getJson, textOf } from "../harness/status.ts";
import { startUnheard } from "../harness/unheard-bridge.ts";

/** Whatever becomes of stdout and stderr, the bridge serves on, and hears that it is to end. */

const file = scratch();

/** A pipe by both of its ends: nobody reads it unless the test does, and there is always somebody who could. */
function pipe(name: string): { path: string; fd: number } {
	const path = file(name);
	execFileSync("mkfifo", [path]);
	return { path, fd: openSync(path, "r+") };
}

/** Writes more than 1 MiB on stderr at each call. */
const talkative = { talkative: fixture("faulty", ["stderr-flood"]) };
const debug = ["--log-level", "debug", "--log-format"];

async function echo(bridge: { url: string }, server: string): Promise<void> {
	const answer = await callOnce(bridge, server, "echo", { message: "x" });
	expect(textOf(answer)).toBe("x");
}

test.each([
	"json",
	"pretty",
])("what nobody reads of a log (%s) is dropped and counted, and told of once it is read", async (format) => {
	const { path, fd } = pipe(`unread ${format}`);
	const args = [...debug, format];
	const bridge = await startUnheard(talkative, { stderr: fd, args });
	await echo(bridge, "talkative");
	const { log } = await getJson(bridge, "/status");
	const { dropped } = log as { dropped: number };
	expect(dropped).toBeGreaterThan(100);
	const samples = await samplesOf(bridge);
	expect(sumOf(samples, "log_lines_dropped_total")).toBeGreaterThanOrEqual(
		dropped,
	);
	let text = "";
	const reader = createReadStream(path, "utf8");
	reader.on("data", (chunk) => {
		text += chunk;
	});
	const [, told] = await eventually(
		() =>
			/lines of the log were dropped, since stderr took none: (\d+)/.exec(
				text,
			) ?? undefined,
		() => `the log says so: ${text.slice(-500)}`,
	);
	expect(Number(told)).toBeGreaterThanOrEqual(dropped);
	await echo(bridge, "talkative");
	expect(await bridge.stop()).toBe(0);
	// The last lines too.
	await eventually(
		() => text.includes("shutting down"),
		() => `the log has its end: ${text.slice(-500)}`,
	);
	reader.destroy();
	closeSync(fd);
});

test("a socket that nobody reads is as good as a pipe", async () => {
	const [command, ...first] = bridgeCommand();
	const config = file("socket.json");
	writeFileSync(config, JSON.stringify({ mcpServers: talkative }));
	const args = ["--named-server-config", config, "--port", "0", ...debug];
	// Node gives its children sockets, and reads none that it is not asked to.
	const child = spawn(command, [...first, ...args, "json"], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "";
	child.stdout.on("data", (chunk) => {
		said += chunk;
	});
	const exited = new Promise((resolve) => child.once("exit", resolve));
	const url = await eventually(
		() => /listening on (\S+)/.exec(said)?.[1],
		"it listens",
		30_000,
	);
	await echo({ url }, "talkative");
	child.kill("SIGTERM");
	expect(await exited).toBe(0);
	child.stderr.destroy();
});

test.each([
	["stdout", "stderr"],
	["stderr", "stdout"],
])("a full disk behind %s and a closed %s are no reason not to serve", async (full, closed) => {
	const fd = openSync("/dev/full", "w");
	const bridge = await startUnheard(talkative, {
		[full]: fd,
		[closed]: "closed",
		args: [...debug, "json"],
	});
	await echo(bridge, "talkative");
	expect(await bridge.stop()).toBe(0);
	closeSync(fd);
});

test("a reader of the log who goes away does not take the bridge along", async () => {
	const { path, fd } = pipe("gone");
	const reader = createReadStream(path);
	const args = [...debug, "json"];
	const bridge = await startUnheard(talkative, { stderr: fd, args });
	closeSync(fd);
	reader.destroy();
	await echo(bridge, "talkative");
	await echo(bridge, "talkative");
	expect(await bridge.stop()).toBe(0);
});

test("a command whose reader has gone ends without a word", async () => {
	const bridge = await startBridge({ servers: talkative });
	for (const args of [
		["tools", "talkative", "--url", bridge.url],
		["--help"],
	]) {
		const [command, ...first] = bridgeCommand();
		const child = spawn(command, [...first, ...args], {
			cwd: bridge.folder,
			stdio: ["ignore", "pipe", "pipe"],
		});
		child.stdout.destroy();
		let stderr = "";
		child.stderr.on("data", (chunk) => {
			stderr += chunk;
		});
		const code = await new Promise((resolve) => child.once("close", resolve));
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	}
});
