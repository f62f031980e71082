import { expect, test } from "vitest";
import type { Exit } from "../../src/protocol/wire.ts";
import {
	causeOf,
	FirstErrorLines,
	lastErrorLines,
} from "../../src/spawn/process/error-lines.ts";

function firstOf(text: string, maxBytes = 16_384): string[] {
	const keeper = new FirstErrorLines(maxBytes);
	for (const line of text.split("\n")) keeper.push(line);
	return keeper.lines;
}

const traces: Record<string, [text: string, lines: string[]]> = {
	JavaScript: [
		`node:internal/modules/cjs/loader:1228
  throw err;
  ^

Error: Cannot find module '/srv/x.js'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)
    at node:internal/main/run_main_module:28:49 {
  code: 'MODULE_NOT_FOUND',
  requireStack: []
}

Node.js v20.20.2`,
		[
			"Error: Cannot find module '/srv/x.js'",
			"code: 'MODULE_NOT_FOUND',",
			"requireStack: []",
		],
	],
	Python: [
		`Traceback (most recent call last):
  File "/usr/bin/x", line 8, in <module>
    raise RuntimeError("of the source")
  File "/usr/lib/x/__init__.py", line 3, in main
    from mcp.server.fastmcp import FastMCP
ModuleNotFoundError: No module named 'mcp.server.fastmcp'`,
		["ModuleNotFoundError: No module named 'mcp.server.fastmcp'"],
	],
	Java: [
		`Exception in thread "main" java.lang.IllegalStateException: no database
	at com.example.Main.main(Main.java:5)
	at com.example.Run.run(Run.java:7)
Caused by: java.net.ConnectException: Connection refused
	... 2 more`,
		[
			'Exception in thread "main" java.lang.IllegalStateException: no database',
			"Caused by: java.net.ConnectException: Connection refused",
		],
	],
	Go: [
		`panic: GITHUB_TOKEN not set

goroutine 1 [running]:
main.main()
	/src/main.go:12 +0x1d
exit status 2`,
		["panic: GITHUB_TOKEN not set", "exit status 2"],
	],
	Rust: [
		`thread 'main' panicked at src/main.rs:5:5:
the token is empty
stack backtrace:
   0: std::panicking::begin_panic
             at /rustc/x/library/std/src/panicking.rs:600:12`,
		["thread 'main' panicked at src/main.rs:5:5:", "the token is empty"],
	],
	npm: [
		`npm warn exec The following package was not found and will be installed: x@1
npm error code E404
npm error 404 Not Found - GET https://registry.example/x
npm error 404  'x@*' is not in this registry.
npm error A complete log of this run can be found in: /root/.npm/x.log`,
		[
			"npm error code E404",
			"npm error 404 Not Found - GET https://registry.example/x",
			"npm error 404  'x@*' is not in this registry.",
		],
	],
};

test.each(
	Object.entries(traces),
)("what happened is read above the trace of %s", (_of, [text, lines]) => {
	expect(firstOf(text)).toEqual(lines);
});

test("the first lines that speak of an error are kept, however much follows", () => {
	const frames = Array.from(
		{ length: 500 },
		(_, at) => `    at f${at} (x:1:1)`,
	);
	const text = ["starting", "Error: boom", ...frames, "bye"].join("\n");
	expect(firstOf(text)).toEqual(["Error: boom", "bye"]);
	expect(firstOf("one\ntwo\nthree")).toEqual([]);
});

test.each([
	"INFO connection refused is what we fear",
	"[2026-01-01] WARN - token missing",
	'{"level":"info","error":null}',
	"warning: unknown option ignored",
	"0 errors found",
])("a line that says that it is harmless is not quoted: %s", (line) => {
	expect(firstOf(line)).toEqual([]);
});

test.each([
	"\u001b[31merror\u001b[39m: no",
	"connect ECONNREFUSED 127.0.0.1:5432",
	"permission denied",
	'{"level":"error","msg":"x"}',
	"API_KEY is required",
	"fatal: not a repository",
])("a line that says what is wrong is quoted, without colours: %s", (line) => {
	expect(firstOf(line)).toHaveLength(1);
	expect(firstOf(line)[0]).not.toContain("\u001b");
});

test("no more is kept than may be", () => {
	expect(firstOf("error: one\ntwo", 12)).toEqual(["error: one"]);
	expect(firstOf("error: one", 0)).toEqual([]);
	expect(firstOf(`error ${"x".repeat(10_000)}`)[0]).toHaveLength(300);
});

test("at the end of a long life it is the last error that counts, if it was the end", () => {
	const survived = ["Error: long ago", "went on"];
	expect(
		lastErrorLines([...survived, "Error: at last", "    at f (x:1:1)", ""]),
	).toEqual(["Error: at last"]);
	const talk = Array.from({ length: 6 }, (_, at) => `request ${at}`);
	expect(lastErrorLines([...survived, ...talk])).toEqual([]);
	expect(lastErrorLines([])).toEqual([]);
});

const exit = (more: Partial<Exit>): Exit => ({
	code: "CHILD_EXITED",
	reason: "exited with code 1",
	stderr: [],
	...more,
});
const traced = [
	"/srv/x.js:3",
	"    throw new Error('no token')",
	"Error: no token",
	"    at main (/srv/x.js:3:9)",
	"Node.js v20.20.2",
];

test.each<[string, Partial<Exit>, string]>([
	[
		"the error, not the source that threw it, nor the end of its trace",
		{ stderr: traced.slice(3), errorLines: firstOf(traced.join("\n")) },
		"Error: no token",
	],
	[
		"the first error of those on stderr, whatever stands on stdout",
		{ errorLines: ["fatal: no db", "error: gave up"], stdout: ["Welcome"] },
		"fatal: no db",
	],
	[
		"the last line on stdout where no error is told",
		{ stderr: ["starting"], stdout: ["Welcome", "Listening on port 3000"] },
		"Listening on port 3000",
	],
	[
		"the last line of stderr that is no frame",
		{ stderr: ["Usage: x FILE", "    at f (x:1:1)"] },
		"Usage: x FILE",
	],
	["the reason where nothing is written", {}, "exited with code 1"],
	[
		"the refusal of a child that spoke JSON-RPC",
		{ code: "INITIALIZE_REFUSED", reason: "refused it", stdout: ["Welcome"] },
		"refused it",
	],
])("the cause is %s", (_what, more, cause) => {
	expect(causeOf(exit(more))).toBe(cause);
});

test("a cause is one line without anything that a terminal obeys", () => {
	const errorLines = ["\u001b[31mError:\u001b[0m\tno\r\nX"];
	expect(causeOf(exit({ errorLines }))).toBe("Error: no X");
});
