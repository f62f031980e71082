import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pidsWith, waitUntilGone } from "../harness/processes.ts";
import { runCommand } from "../harness/run-command.ts";
import { scratch } from "../harness/scratch.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";

/** Commands that start servers: what they start works, and goes again. */

const at = scratch();
const marker = at(".");

/** A config of named servers, all of whose children carry the marker. */
function config(name: string, servers: Record<string, object>): string[] {
	const file = at(`${name}.json`);
	const marked = Object.entries(servers).map(([name, server]) => [
		name,
		{ ...server, env: { BRIDGE_TEST_MARKER: marker, ...Object(server).env } },
	]);
	writeFileSync(
		file,
		JSON.stringify({ mcpServers: Object.fromEntries(marked) }),
	);
	return ["--named-server-config", file];
}

const common = config("common", {
	everything: fixture("everything"),
	alone: { ...fixture("everything"), isolation: "session" },
});

const noneLeft = () => waitUntilGone(pidsWith(marker), 10_000);

describe("call", () => {
	test("starts the server, prints the text of its answer, and leaves no process behind", async () => {
		const outcome = await runCommand([
			"call",
			...common,
			"Everything",
			"echo",
			"message=5",
		]);
		expect(outcome).toEqual({ code: 0, stdout: "5\n", stderr: "" });
		await noneLeft();
	});

	test("reaches a server that needs a session, with arguments from stdin", async () => {
		const input = '{"message":"from stdin"}';
		expect(
			await runCommand(["call", "alone", "echo", "-", ...common], { input }),
		).toEqual({ code: 0, stdout: "from stdin\n", stderr: "" });
	});
});

test("with --url a bridge that runs is asked, and no config is read", async () => {
	const bridge = await startBridge({
		servers: { running: fixture("everything") },
		basePath: "/base",
	});
	const url = ["--url", `${bridge.url}/base/`, "--config", "absent.ts"];
	const call = ["call", "running", "echo", "message=hello"];
	expect(await runCommand([...call, ...url])).toEqual({
		code: 0,
		stdout: "hello\n",
		stderr: "",
	});
	const absent = await runCommand(["tools", "absent", ...url]);
	expect(absent).toMatchObject({ code: 1, stdout: "" });
	await bridge.stop();
});

describe("doctor", () => {
	const stops = config("stops", {
		good: fixture("everything"),
		modern: fixture("everything-modern", [], { protocol: "modern" }),
		alone: { ...fixture("faulty"), isolation: "session" },
		stubborn: fixture("faulty", ["ignore-eof", "ignore-term"], {
			stopTimeoutMs: 300,
		}),
	});

	test("starts each server twice and says what ends it; exit code 0 where all work, and no process is left", async () => {
		const { code, stdout, stderr } = await runCommand([
			"doctor",
			"--json",
			...stops,
		]);
		const { ok, servers } = JSON.parse(stdout);
		expect({ code, ok }).toEqual({ code: 0, ok: true });
		expect(stderr).toContain("good: starting a second time");
		const all = { first: expect.any(Number), second: expect.any(Number) };
		const ends = { stop: { by: "stdin-eof" }, sigterm: { ended: true } };
		expect(servers).toMatchObject([
			{
				name: "good",
				verdict: "ok",
				start: { firstMs: all.first, secondMs: all.second },
				revision: "2025-11-25",
				restart: { changed: [] },
				noise: { lines: 0 },
				...ends,
			},
			{ name: "modern", revision: "2026-07-28", ...ends },
			{ name: "alone", verdict: "ok", ...ends },
			{
				name: "stubborn",
				verdict: "warning",
				stop: { by: "SIGKILL" },
				sigterm: { ended: false },
				advice: [{ severity: "warning" }],
			},
		]);
		expect(servers[0].tools.count).toBe(servers[0].lists["tools/list"].count);
		await noneLeft();
	});

	test("a signal ends it and its children, with the code of the signal", async () => {
		const silent = config("silent", { silent: fixture("faulty", ["silent"]) });
		const outcome = await runCommand(["doctor", ...silent], {
			onStderr: (stderr, kill) => {
				if (stderr.includes("silent: starting")) kill("SIGINT");
			},
		});
		expect(outcome).toMatchObject({ code: 130, stdout: "" });
		await noneLeft();
	});
});
