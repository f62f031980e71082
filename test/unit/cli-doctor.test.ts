import { describe, expect, test } from "vitest";
import { advise, namedVariables } from "../../src/cli/doctor/advise.ts";
import type { Findings } from "../../src/cli/doctor/findings.ts";
import { reportText } from "../../src/cli/doctor/report.ts";
import { toolSizes } from "../../src/cli/doctor/tool-sizes.ts";
import { slowStartReason } from "../../src/cli/slow-start-reason.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";

/** What `doctor` makes of what it finds. */

function entryOf(input: object = {}) {
	const servers = { a: { command: "server", ...input } };
	const entry = resolveConfig({ servers }, { file: "servers.ts" }).servers.a;
	if (!entry) throw new Error("no entry");
	return entry;
}

const well: Findings = {
	name: "a",
	verdict: "ok",
	missing: [],
	start: { firstMs: 100, secondMs: 90 },
	revision: "2025-11-25",
	capabilities: ["tools"],
	lists: { "tools/list": { count: 1, bytes: 100, ms: 1 } },
	tools: {
		count: 1,
		bytes: 100,
		modelBytes: 80,
		tokens: 20,
		largest: [{ name: "x", tokens: 20 }],
	},
	noise: { lines: 0 },
	repaired: {},
	restart: { changed: [] },
	stop: { by: "stdin-eof", ms: 5 },
	sigterm: { ended: true, ms: 7 },
	advice: [],
};

const advice = (
	more: Partial<Findings>,
	input: object = {},
	environment: Record<string, string> = {},
) => advise({ ...well, ...more }, entryOf(input), environment);

test("a server that does everything well gets no advice", () => {
	expect(advice({})).toEqual([]);
});

test.each<[Partial<Findings>, object, "error" | "warning", RegExp]>([
	[
		{
			failure: {
				code: "CHILD_EXITED",
				reason: "exited with code 1",
				stderr: ["a", "no database"],
			},
		},
		{},
		"error",
		/does not start: exited with code 1; it said: no database$/,
	],
	[
		{
			restart: {
				changed: [],
				failure: { code: "CHILD_EXITED", reason: "exited with code 2" },
			},
		},
		{},
		"error",
		/second time.*code 2/,
	],
	[
		{ lists: { "tools/list": { error: "broken" } } },
		{},
		"error",
		/tools\/list: broken/,
	],
	[
		{ writes: { calls: 20, kept: 1 } },
		{},
		"error",
		/loses 19 of 20.*"concurrency" to 1/,
	],
	[
		{ noise: { lines: 2, sample: "hello" } },
		{},
		"warning",
		/2 lines, such as "hello"/,
	],
	[{ repaired: { "not-a-number": 3 } }, {}, "warning", /not-a-number: 3/],
	[
		{ restart: { changed: ["tools/list"] } },
		{},
		"warning",
		/tools\/list otherwise after a restart/,
	],
	[
		{ start: { firstMs: 20_000, secondMs: 1000 } },
		{},
		"warning",
		/"startTimeoutMs" to 60000/,
	],
	[{ start: { firstMs: 4000, secondMs: 4000 } }, {}, "warning", /"warm" to 1/],
	[
		{ start: { firstMs: 8000, secondMs: 900 } },
		{ command: "npx", args: ["-y", "x"] },
		"warning",
		/took 8 s.*0.9 s.*npx downloads.*"command" to the program/,
	],
	[
		{ start: { firstMs: 8000, secondMs: 900 } },
		{ command: "docker", args: ["run", "-i", "--rm", "x"] },
		"warning",
		/docker pulls.*pull the image/,
	],
	[
		{ stop: { by: "SIGTERM", ms: 2010 } },
		{},
		"warning",
		/2010 ms.*"stopTimeoutMs" to 200$/,
	],
	[
		{ stop: { by: "SIGKILL", ms: 4000 } },
		{},
		"warning",
		/had to be killed.*raise "stopTimeoutMs"[^,]*$/,
	],
	[
		{ stop: { by: "SIGKILL", ms: 4000 } },
		{ command: "docker", args: ["run", "-i", "--rm", "x"] },
		"warning",
		/"--init" behind "run"/,
	],
	[
		{},
		{ command: "docker", args: ["run", "-i", "x"] },
		"warning",
		/"--rm" behind "run"/,
	],
	[
		{},
		{ command: "docker", args: ["run", "-i", "--rm", "-e", "TOKEN", "x"] },
		"warning",
		/TOKEN has no value/,
	],
	[
		{
			tools: {
				count: 90,
				bytes: 1,
				modelBytes: 1,
				tokens: 30_000,
				largest: [{ name: "big", tokens: 9 }],
			},
		},
		{},
		"warning",
		/90 tools take about 30000 tokens.*big/,
	],
])("%j of %j: %s", (found, input, severity, text) => {
	expect(advice(found, input)).toContainEqual({
		severity,
		text: expect.stringMatching(text),
	});
});

test.each([
	[{ start: { firstMs: 4000, secondMs: 4000 } }, { warm: 1 }],
	[{ writes: { calls: 20, kept: 20 } }, {}],
	[{ writes: { skipped: "why" } }, {}],
	[{}, { command: "docker", args: ["run", "-i", "--rm", "--init", "x"] }],
])("%j of %j needs no change", (found, input) => {
	expect(advice(found, input)).toEqual([]);
});

describe("variables that a server says it lacks", () => {
	const failure = {
		code: "CHILD_EXITED",
		reason: "exited with code 1",
		errorLines: [
			"Error: MY_TOKEN and MY_URL are required, MY_OWN must be valid",
		],
	};

	test("are all named: those that the bridge has are to be inherited, those that the entry sets are left out", () => {
		const texts = advice(
			{ failure },
			{ env: { MY_OWN: "x" } },
			{ MY_URL: "http://x" },
		).map(({ text }) => text);
		expect(texts.slice(1)).toEqual([
			'says that it needs MY_TOKEN: set it in "env"',
			expect.stringMatching(/MY_URL.*add it to "inheritEnv"/),
		]);
	});

	test("are no codes of errors, nor names in lines that lack nothing", () => {
		expect(
			namedVariables([
				"ERR_MODULE_NOT_FOUND: module not found",
				"using MY_CACHE",
				"please set API_KEY or API_KEY",
			]),
		).toEqual(["API_KEY"]);
	});
});

test("tools are counted as clients give them to a model: name, description and schema", () => {
	const small = { name: "small", inputSchema: {} };
	const big = { name: "big", description: "é".repeat(200), inputSchema: {} };
	const sizes = toolSizes([
		small,
		{ ...big, outputSchema: { long: "x".repeat(1000) } },
	]);
	const bytes = (tool: object) => Buffer.byteLength(JSON.stringify(tool));
	const modelBytes = bytes(small) + bytes(big);
	expect(sizes).toMatchObject({
		count: 2,
		modelBytes,
		tokens: Math.ceil(modelBytes / 4),
		largest: [{ name: "big" }, { name: "small" }],
	});
	expect(sizes.bytes).toBeGreaterThan(modelBytes + 1000);
});

test("the report is a table with a line for each server and each advice, which no server can write a terminal's commands into", () => {
	const bad: Findings = {
		name: "bad",
		verdict: "failed",
		missing: ["TOKEN"],
		capabilities: [],
		lists: {},
		noise: { lines: 0 },
		repaired: {},
		advice: [{ severity: "error", text: "says \u001b[31m" }],
	};
	const lines = reportText([well, bad]).split("\n");
	expect(lines[0]).toMatch(/^server +state +start/);
	expect(lines[1]).toMatch(
		/^a +ok +100 ms +90 ms +2025-11-25 +1 +~20 +stdin closed, 5 ms +ends, 7 ms$/,
	);
	expect(lines[2]).toMatch(/^bad +failed/);
	expect(lines).toContain("  error: says \\u001b[31m");
	expect(lines.join("\n")).toContain(
		"2 servers: 1 ok, 0 with warnings, 0 with errors, 1 failed",
	);
});

test.each([
	["npx", ["-y", "x"], /npx downloads/],
	["/usr/bin/uvx", ["x"], /uvx downloads/],
	["uv", ["tool", "run", "x"], /uv downloads/],
	["pnpm", ["dlx", "x"], /pnpm downloads/],
	["docker", ["run", "x"], /docker pulls/],
	["docker", ["exec", "x"], undefined],
	["npm", ["exec", "x"], /npm downloads/],
	["npm", ["run", "x"], undefined],
	["node", ["x.js"], undefined],
])("%s %j may be slow the first time: %s", (command, args, reason) => {
	const found = slowStartReason({ command, args });
	if (reason === undefined) expect(found).toBeUndefined();
	else expect(found).toMatch(reason);
});
