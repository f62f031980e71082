import { existsSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import type { Findings } from "../../src/cli/doctor/findings.ts";
import { runCommand } from "../harness/run-command.ts";
import { scratch } from "../harness/scratch.ts";
import { fixture, installed } from "../harness/start-bridge.ts";

/** What `doctor` finds out about servers that are not as they should be. */

const at = scratch();
const memoryFile = at("users-own.jsonl");
const env = { MEMORY_FILE_PATH: memoryFile };

const servers = {
	eof: fixture("faulty", ["ignore-eof"], { stopTimeoutMs: 300 }),
	noisy: fixture("faulty", ["noise", "stderr-flood"]),
	lacking: {
		command: process.execPath,
		args: [
			"-e",
			'console.error("Error: NEEDED_TOKEN is required"); process.exit(1)',
		],
	},
	silent: fixture("faulty", ["silent"], { startTimeoutMs: 500 }),
	changing: { command: "sh", args: [at("changing.sh")] },
	unset: {
		command: "absent",
		env: { A: "$" + "{UNSET_A}", B: "$" + "{UNSET_B}" },
	},
	memory: installed("mcp-server-memory", [], { env }),
	serialized: installed("mcp-server-memory", [], {
		env,
		isolation: "shared",
		concurrency: 1,
	}),
	off: { command: "absent", enabled: false },
};

let code: number | null;
const found: Record<string, Findings> = {};

beforeAll(async () => {
	// Three tools, on two pages, whose names are others in each process.
	const { command, args = [] } = fixture("changeable");
	const lists = at("lists.json");
	writeFileSync(
		at("changing.sh"),
		`echo "{\\"tools\\":[\\"a$$\\",\\"b$$\\",\\"c$$\\"]}" > '${lists}'\nLISTS_FILE='${lists}' exec '${command}' '${args[0]}'\n`,
	);
	const file = at("servers.json");
	writeFileSync(file, JSON.stringify({ mcpServers: servers }));
	const config = ["--named-server-config", file];
	const outcome = await runCommand(["doctor", "--deep", "--json", ...config], {
		env: { NEEDED_TOKEN: "x" },
	});
	code = outcome.code;
	for (const each of JSON.parse(outcome.stdout).servers)
		found[each.name] = each;
});

const texts = (name: string) =>
	(found[name]?.advice ?? []).map(({ text }) => text).join("\n");

test("one server that does not start is exit code 1; all that are on are examined", () => {
	expect(code).toBe(1);
	expect(Object.keys(found).toSorted()).toEqual(
		Object.keys(servers)
			.filter((name) => name !== "off")
			.toSorted(),
	);
});

test("a server that ignores the end of its stdin is ended by SIGTERM, and a shorter stopTimeoutMs is advised where that is enough", () => {
	expect(found.eof).toMatchObject({
		verdict: "warning",
		stop: { by: "SIGTERM" },
		sigterm: { ended: true },
	});
	expect(texts("eof")).toMatch(/does not end at the end of its stdin/);
});

test("lines on stdout that are no message are counted, with a sample where it has text", () => {
	expect(found.noisy?.noise.lines).toBeGreaterThan(5);
	expect(texts("noisy")).toMatch(/to stdout what is no message/);
});

test("lists are read whole, and those that are others after a restart are named", () => {
	expect(found.changing).toMatchObject({
		verdict: "warning",
		tools: { count: 3 },
		restart: { changed: ["tools/list"] },
	});
});

test("a server that does not start is failed with its own words, and the variable that it lacks and the bridge has", () => {
	expect(found.lacking).toMatchObject({
		verdict: "failed",
		missing: ["NEEDED_TOKEN"],
		failure: { code: "CHILD_EXITED" },
	});
	expect(texts("lacking")).toMatch(/it said: Error: NEEDED_TOKEN is required/);
	expect(texts("lacking")).toMatch(/NEEDED_TOKEN.*add it to "inheritEnv"/);
});

test("a server that never answers is given up after startTimeoutMs", () => {
	expect(found.silent).toMatchObject({
		verdict: "failed",
		failure: { code: "START_TIMEOUT" },
	});
});

test("all variables of an entry that are not set are named", () => {
	expect(found.unset).toMatchObject({
		verdict: "failed",
		missing: ["UNSET_A", "UNSET_B"],
	});
});

test("--deep finds out whether writes at once are kept under the entry's own options, and never touches the user's data", () => {
	expect(found.memory?.writes).toMatchObject({ calls: 20 });
	const { kept } = found.memory?.writes as { kept: number };
	expect(kept).toBeLessThan(20);
	expect(found.memory?.verdict).toBe("error");
	expect(texts("memory")).toMatch(/"concurrency" to 1/);
	expect(found.serialized).toMatchObject({
		verdict: "ok",
		writes: { calls: 20, kept: 20 },
	});
	expect(existsSync(memoryFile)).toBe(false);
});

test("a config without the server that is named is exit code 2", async () => {
	const config = ["--named-server-config", at("servers.json")];
	const outcome = await runCommand(["doctor", "memry", ...config]);
	expect(outcome).toMatchObject({ code: 2, stdout: "" });
	expect(outcome.stderr).toContain('did you mean "memory"');
});
