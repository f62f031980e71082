import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, type Problem } from "../../src/config/config-error.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";

let folder: string;
let file: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "config-resolve-"));
	file = join(folder, "servers.ts");
	mkdirSync(join(folder, "data"));
	writeFileSync(join(folder, "plain-file"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

const resolved = (input: unknown) => resolveConfig(input, { file });
const withServer = (server: object) =>
	resolved({ servers: { a: { command: "x", ...server } } }).servers.a;

function refused(input: unknown): ConfigError {
	try {
		resolved(input);
	} catch (error) {
		if (error instanceof ConfigError) return error;
		throw error;
	}
	throw new Error("the config was accepted");
}
const problemsOf = (input: unknown) => refused(input).problems;
const paths = (problems: readonly Problem[]) =>
	problems.map(({ path }) => path);
const serverProblem = (server: object) => {
	const problems = problemsOf({ servers: { a: { command: "x", ...server } } });
	expect(problems).toHaveLength(1);
	return problems[0] as Problem;
};

test("a server with nothing but a command gets every default", () => {
	expect(resolved({ servers: { a: { command: "x" } } })).toEqual({
		host: "127.0.0.1",
		port: 8080,
		basePath: "",
		defaultServer: "a",
		trustProxy: false,
		allowedHosts: [],
		allowedOrigins: [],
		exposedHeaders: [],
		stateless: false,
		keepAliveMs: 15_000,
		connectionIdleTimeoutMs: undefined,
		postResponse: "auto",
		maxBodyBytes: 16_777_216,
		maxSessions: 10_000,
		sessionIdleTimeoutMs: 3_600_000,
		historyEvents: 256,
		historyBytes: 1_048_576,
		maxStreamBufferBytes: 33_554_432,
		drainTimeoutMs: 5000,
		sessionKey: undefined,
		maxSessionsPerPrincipal: 10_000,
		maxRequestsPerSession: 256,
		maxStreams: 20_000,
		maxHeaderBytes: 16_384,
		bodyTimeoutMs: 30_000,
		maxStartingChildren: 8,
		faulty: [],
		servers: {
			a: {
				command: "x",
				args: [],
				env: {},
				inheritEnv: [],
				cwd: folder,
				isolation: "auto",
				concurrency: undefined,
				warm: 0,
				idleTimeoutMs: 0,
				startTimeoutMs: 30_000,
				stopTimeoutMs: 2000,
				stopCommand: undefined,
				protocol: "auto",
				inputTimeoutMs: 300_000,
				requestTimeoutMs: 0,
				maxRequestTimeoutMs: 0,
				maxSuspendedCalls: 32,
				maxAskingCalls: 8,
				enabled: true,
				maxLineBytes: 33_554_432,
				maxRequests: 2048,
				maxQueue: 1024,
				maxQueueBytes: 67_108_864,
				maxChildren: 64,
				maxCapabilitySets: 4,
				maxStderrBytes: 16_384,
			},
		},
	});
});

test("an option that is undefined has its default", () => {
	const input = {
		port: undefined,
		servers: { a: { command: "x", warm: undefined } },
	};
	expect(resolved(input)).toEqual(
		resolved({ servers: { a: { command: "x" } } }),
	);
});

test("a config that says a default is the same JSON as one that leaves it out", () => {
	const short = { servers: { a: { command: "x" } } };
	const long = {
		defaultServer: "a",
		port: 8080,
		servers: {
			a: { cwd: folder, concurrency: undefined, args: [], command: "x" },
		},
	};
	expect(JSON.stringify(resolved(long))).toBe(JSON.stringify(resolved(short)));
});

test("a resolved config shares nothing with its input", () => {
	const input = {
		servers: { a: { command: "x", args: ["1"], env: { K: "v" } } },
	};
	const config = resolved(input);
	input.servers.a.args.push("2");
	input.servers.a.env.K = "changed";
	expect(config.servers.a).toMatchObject({ args: ["1"], env: { K: "v" } });
});

test("a config with several problems reports all of them at once, a line for each", () => {
	const error = refused({
		port: "80",
		prot: 1,
		defaultServer: "nobody",
		servers: {
			a: { command: "" },
			b: { command: "x", isolaton: "shared", warm: -1 },
		},
	});
	expect(error.code).toBe("CONFIG_INVALID");
	expect(paths(error.problems)).toEqual([
		"prot",
		"port",
		"defaultServer",
		"servers.a.command",
		"servers.b.isolaton",
		"servers.b.warm",
	]);
	const [head, ...lines] = error.message.split("\n");
	expect(head).toBe(`Cannot use config "${file}": 6 problems to correct`);
	expect(lines).toHaveLength(6);
	expect(lines[1]).toBe(
		'  port: string "80" (allowed: an integer from 0 to 65535)',
	);
	expect(lines[4]).toBe(
		"  servers.b.isolaton: unknown key (allowed: command, args, env, envFile, inheritEnv, cwd, isolation, " +
			"concurrency, warm, idleTimeoutMs, startTimeoutMs, stopTimeoutMs, stopCommand, protocol, inputTimeoutMs, requestTimeoutMs, maxRequestTimeoutMs, maxSuspendedCalls, maxAskingCalls, tools, prompts, resources, enabled, maxLineBytes, maxRequests, maxQueue, maxQueueBytes, maxChildren, maxCapabilitySets, maxStderrBytes; " +
			'did you mean "isolation"?)',
	);
});

test("every unknown key is reported, the nearest known one is named, and a far one is not", () => {
	const [port, servers, other] = problemsOf({
		prot: 1,
		Servers: {},
		zebra: 1,
		servers: { a: { command: "x" } },
	});
	expect(port?.expected).toContain('did you mean "port"?');
	expect(servers?.expected).toContain('did you mean "servers"?');
	expect(other).toMatchObject({ path: "zebra", found: "unknown key" });
	expect(other?.expected).not.toContain("did you mean");
});

test.each([
	"toString",
	"constructor",
	"hasOwnProperty",
])("a key that every object has, %s, is unknown", (key) => {
	const input = { [key]: 1, servers: { a: { command: "x", [key]: 1 } } };
	expect(paths(problemsOf(input))).toEqual([key, `servers.a.${key}`]);
});

test("values of env, args and stopCommand never appear in an error", () => {
	const secret = "s3cr3t";
	const { message } = refused({
		servers: {
			a: { command: "x", args: `--token=${secret}` },
			b: { command: "x", env: secret },
			c: { command: "x", env: { TOKEN: 31337, OTHER: `${secret}\0` } },
			d: { command: "x", stopCommand: `stop ${secret}` },
		},
	});
	expect(message).toContain("servers.c.env.TOKEN: number (not shown)");
	expect(message).toContain("servers.c.env.OTHER");
	expect(message).not.toContain(secret);
	expect(message).not.toContain("31337");
});

test("each env value that is undefined is reported under its variable's name", () => {
	const problems = problemsOf({
		servers: {
			a: { command: "x", env: { ONE: undefined, OK: "1", TWO: undefined } },
		},
	});
	expect(paths(problems)).toEqual(["servers.a.env.ONE", "servers.a.env.TWO"]);
	expect(problems[0]).toMatchObject({
		found: "undefined",
		expected: expect.stringContaining("that variable is not set"),
	});
});

test("an environment variable may have the name of a member of every object", () => {
	const env = JSON.parse(
		'{"constructor": "1", "__proto__": "2", "prototype": "3"}',
	);
	const server = withServer({ env });
	expect(JSON.stringify(server?.env)).toBe(JSON.stringify(env));
});

test.each([
	"",
	"A=B",
	"A\0",
])("an environment variable is not called %j", (name) => {
	expect(serverProblem({ env: { [name]: "x" } }).expected).toContain("name");
});

test.each([
	[undefined],
	[""],
	["  "],
	[5],
	["a\0b"],
])("a command is not %j", (command) => {
	expect(serverProblem({ command })).toMatchObject({
		path: "servers.a.command",
		expected: expect.stringContaining(
			"a non-empty string, the program to run (required)",
		),
	});
});

test("a missing command is one problem that says it is required", () => {
	const [problem, ...others] = problemsOf({ servers: { a: {} } });
	expect(others).toEqual([]);
	expect(problem).toEqual({
		path: "servers.a.command",
		found: "undefined",
		expected: "a non-empty string, the program to run (required)",
	});
});

describe.each(["tools", "prompts", "resources"])("the filter %s", (kind) => {
	test("is taken as it is, with one list or both, also empty ones", () => {
		for (const filter of [
			{ allow: ["a*"], deny: ["ab"] },
			{ allow: [] },
			{ deny: [] },
		]) {
			expect(withServer({ [kind]: filter })).toMatchObject({ [kind]: filter });
		}
		expect(withServer({ [kind]: undefined })).toHaveProperty(kind, undefined);
	});

	test.each([
		["tools", {}, "object"],
		["tools", ["a"], "array of 1"],
		["tools", "a", 'string "a"'],
		["tools", true, "boolean true"],
		["tools.allow", { allow: "a" }, 'string "a"'],
		["tools.allow", { allow: undefined, deny: ["a"] }, "undefined"],
		["tools.deny", { deny: null }, "null"],
		["tools.deny[1]", { deny: ["a", 1] }, "number 1"],
		["tools.allow[0]", { allow: [" "] }, 'string " "'],
		["tools.alow", { alow: ["a"], deny: ["b"] }, "unknown key"],
	])("has to be %s: %j is refused with what to write", (path, filter, found) => {
		const problem = serverProblem({ [kind]: filter });
		expect(problem).toMatchObject({
			path: `servers.a.${path.replace("tools", kind)}`,
			found,
		});
		expect(problem.expected).toMatch(/"allow", "deny"|array of|non-empty/);
		expect(problem.expected).toContain(kind);
	});
});

test("a choice of a later version is refused as such, another one as unknown", () => {
	expect(serverProblem({ isolation: "identity" }).expected).toBe(
		'"auto", "shared", "session"; "identity" is not available in this version',
	);
	expect(serverProblem({ protocol: "both" }).expected).toBe(
		'"auto", "legacy", "modern", "dual", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"',
	);
	expect(serverProblem({ protocol: "2026-07-28" }).expected).toBe(
		serverProblem({ protocol: "both" }).expected,
	);
	expect(serverProblem({ isolation: "none" }).expected).toBe(
		'"auto", "shared", "session"',
	);
});

test.each([
	["concurrency", 0],
	["concurrency", 1.5],
	["concurrency", Number.POSITIVE_INFINITY],
	["warm", -1],
	["idleTimeoutMs", -1],
	["startTimeoutMs", 0],
	["stopTimeoutMs", "2000"],
	["stopCommand", "docker rm x"],
	["stopCommand", []],
	["stopCommand", ["", "x"]],
	["stopCommand", ["docker", 1]],
	["maxLineBytes", 0],
	["enabled", "yes"],
	["args", [1]],
	["inheritEnv", "HOME"],
	["inheritEnv", false],
	["inheritEnv", ["A=B"]],
])("a server's %s is not %j", (key, value) => {
	expect(serverProblem({ [key]: value }).path).toContain(`servers.a.${key}`);
});

test.each([
	["port", -1],
	["port", 65_536],
	["port", 80.5],
	["port", Number.NaN],
	["host", ""],
	["trustProxy", "true"],
	["postResponse", "stream"],
	["maxSessions", 0],
	["maxBodyBytes", 0],
	["sessionIdleTimeoutMs", 0],
	["historyEvents", -1],
	["keepAliveMs", 2 ** 31],
	["connectionIdleTimeoutMs", 0],
	["connectionIdleTimeoutMs", 86_400_001],
	["basePath", "/a b"],
	["basePath", "/a/../b"],
	["basePath", "/:name"],
	["allowedHosts", ["https://a.example"]],
	["allowedHosts", ["a.example:80"]],
	["allowedHosts", ["*.example"]],
	["allowedHosts", "a.example"],
	["allowedHosts", ["::1]"]],
	["allowedHosts", ["[a.example]"]],
	["allowedOrigins", ["a.example"]],
	["allowedOrigins", ["https://a.example/path"]],
	["allowedOrigins", ["https://*.example"]],
	["allowedOrigins", ["nil"]],
])("%s is not %j", (key, value) => {
	const problems = problemsOf({
		[key]: value,
		servers: { a: { command: "x" } },
	});
	expect(problems).toHaveLength(1);
	expect(problems[0]?.path).toContain(key);
	expect(problems[0]?.found).not.toContain("array of 2");
});

test.each([
	["port", 0],
	["port", 65_535],
	["keepAliveMs", 0],
	["keepAliveMs", 2 ** 31 - 1],
	["connectionIdleTimeoutMs", 620_000],
	["historyEvents", 0],
	["drainTimeoutMs", 0],
] as const)("%s may be %j", (key, value) => {
	expect(
		resolved({ [key]: value, servers: { a: { command: "x" } } })[key],
	).toBe(value);
});

test.each([
	["[::1]", "::1"],
	["::1", "::1"],
	["[::]", "::"],
	["127.0.0.1", "127.0.0.1"],
])("the host %s is the address %s", (host, expected) => {
	expect(resolved({ host, servers: { a: { command: "x" } } }).host).toBe(
		expected,
	);
});

test.each([
	["", ""],
	["/", ""],
	["a", "/a"],
	["/a/b/", "/a/b"],
	["//a//b", "/a/b"],
])("base path %j becomes %j", (basePath, expected) => {
	expect(
		resolved({ basePath, servers: { a: { command: "x" } } }).basePath,
	).toBe(expected);
});

test("hosts and origins are brought into the form in which headers carry them", () => {
	const { allowedHosts, allowedOrigins } = resolved({
		allowedHosts: ["Bridge.Example.COM", "[::1]", "2001:DB8::1", "*"],
		allowedOrigins: [
			"HTTPS://App.Example.com:443/",
			"vscode-webview://abc",
			"null",
			"*",
		],
		servers: { a: { command: "x" } },
	});
	expect(allowedHosts).toEqual([
		"bridge.example.com",
		"[::1]",
		"2001:db8::1",
		"*",
	]);
	expect(allowedOrigins).toEqual([
		"https://app.example.com",
		"vscode-webview://abc",
		"null",
		"*",
	]);
});

test("only isolation 'shared' limits warm to one child", () => {
	expect(serverProblem({ isolation: "shared", warm: 2 }).path).toBe(
		"servers.a.warm",
	);
	expect(withServer({ isolation: "shared", warm: 1 })?.warm).toBe(1);
	expect(withServer({ isolation: "auto", warm: 2 })?.warm).toBe(2);
	expect(withServer({ isolation: "session", warm: 2 })?.warm).toBe(2);
});

test("cwd is relative to the folder of the config file", () => {
	expect(withServer({ cwd: "data" })?.cwd).toBe(join(folder, "data"));
	expect(withServer({ cwd: tmpdir() })?.cwd).toBe(tmpdir());
});

test.each([
	"missing",
	"plain-file",
])("a cwd that is no directory, %s, is refused", (cwd) => {
	expect(serverProblem({ cwd })).toEqual({
		path: "servers.a.cwd",
		found: `string "${cwd}", no directory`,
		expected: `a directory that exists, absolute or relative to ${folder}`,
	});
});

test("a server that is off may have a cwd that does not exist", () => {
	const off = { command: "x", cwd: "missing", enabled: false };
	const { servers } = resolved({ servers: { a: { command: "x" }, off } });
	expect(servers.off).toMatchObject({
		enabled: false,
		cwd: join(folder, "missing"),
	});
});

test("the default server is the only enabled one, the one that is named, or none", () => {
	const on = { command: "x" };
	const off = { command: "x", enabled: false };
	const defaultOf = (input: object) => resolved(input).defaultServer;
	expect(defaultOf({ servers: { a: on } })).toBe("a");
	expect(defaultOf({ servers: { a: off, b: on } })).toBe("b");
	expect(defaultOf({ servers: { a: on, b: on } })).toBeUndefined();
	expect(defaultOf({ defaultServer: "b", servers: { a: on, b: on } })).toBe(
		"b",
	);
});

test.each([
	"off",
	"nobody",
	"toString",
])("%s cannot be the default server", (defaultServer) => {
	const off = { command: "x", enabled: false };
	const servers = { a: { command: "x" }, b: { command: "x" }, off };
	expect(problemsOf({ defaultServer, servers })).toEqual([
		{
			path: "defaultServer",
			found: `string "${defaultServer}"`,
			expected: "the name of an enabled server: a, b",
		},
	]);
});

test.each([
	"a",
	"GitHub",
	"7",
	"a.b_c~d-e",
	"constructor",
	"__proto__",
	"@acme/notes",
	"a b",
	"é",
	"-a",
	"x".repeat(128),
])("a server may be called %s", (name) => {
	const input = { servers: { [name]: { command: "x" } } };
	expect(Object.keys(resolved(input).servers)).toEqual([name]);
});

test.each([
	"",
	".",
	"..",
	" ",
	"a/../b",
	"./a",
	"a\nb",
	"a\u2028b",
	"a\0",
	"\ud800",
	"x".repeat(129),
])("a server cannot be called %j", (name) => {
	const servers = JSON.parse(`{${JSON.stringify(name)}: {"command": "x"}}`);
	expect(problemsOf({ servers })).toMatchObject([
		{ found: "a name that cannot be part of a URL" },
	]);
});

test("a name that is no identifier is quoted in the path", () => {
	const [name, command] = paths(
		problemsOf({ servers: { "a b": { command: "", "c d": 1 } } }),
	);
	expect(name).toBe('servers["a b"]["c d"]');
	expect(command).toBe('servers["a b"].command');
});

test("two names that differ in case only are refused", () => {
	const servers = { GitHub: { command: "x" }, github: { command: "x" } };
	expect(problemsOf({ servers })).toMatchObject([
		{ path: "servers.github", found: "the same name as servers.GitHub" },
	]);
});

test("a server written as __proto__ in a literal is an error, not lost", () => {
	const servers = { a: { command: "x" }, __proto__: { b: { command: "x" } } };
	expect(paths(problemsOf({ servers }))).toEqual(["servers"]);
});

test("the servers of a config have no members but the servers", () => {
	const { servers } = resolved({ servers: { a: { command: "x" } } });
	expect(servers.toString).toBeUndefined();
	expect(servers.constructor).toBeUndefined();
});

test.each([
	[{}],
	[{ a: { command: "x", enabled: false } }],
])("a config without an enabled server is refused: %j", (servers) => {
	expect(problemsOf({ servers })).toMatchObject([
		{ path: "servers", expected: "at least one enabled server" },
	]);
});

test.each([
	[undefined, "undefined"],
	[null, "null"],
	[[], "array of 0"],
	["x", 'string "x"'],
	[() => {}, "function"],
	[Promise.resolve(), "promise"],
	[new Map(), "map"],
])("a config is an object, not %o", (input, found) => {
	expect(problemsOf(input)).toMatchObject([{ path: "config", found }]);
});

test("a long value is shortened in the error", () => {
	const problem = problemsOf({
		postResponse: "z".repeat(500),
		servers: { a: { command: "x" } },
	})[0];
	expect(problem?.found).toMatch(/^string "z{40}…"$/);
});

test("a lenient check serves the entries without a fault, and names the faults of the others", () => {
	const input = {
		servers: {
			good: { command: "x" },
			bad: { command: "", cwd: "nowhere" },
			worse: 7,
			"a/../b": { command: "x" },
			off: { command: 5, enabled: false },
		},
	};
	const config = resolveConfig(input, { file, strict: false });
	expect(Object.keys(config.servers)).toEqual(["good"]);
	expect(
		config.faulty.map(({ name, problems }) => [name, paths(problems)]),
	).toEqual([
		["bad", ["servers.bad.command"]],
		["worse", ["servers.worse"]],
		["a/../b", ['servers["a/../b"]']],
	]);
	expect(paths(problemsOf(input))).toHaveLength(4);
});

test.each([
	["an option of the whole", { port: -1, servers: { a: { command: "x" } } }],
	[
		"every enabled entry",
		{ servers: { a: {}, off: { command: "x", enabled: false } } },
	],
])("a fault of %s refuses a lenient check too", (_what, input) => {
	expect(() => resolveConfig(input, { file, strict: false })).toThrow(
		ConfigError,
	);
});

test("an envFile gives variables that env comes before, and has to exist", () => {
	writeFileSync(
		join(folder, "one.env"),
		"\uFEFFA=1\r\n# c\r\nexport B='two words'\r\nC=3\r\n",
	);
	expect(withServer({ envFile: "one.env", env: { C: "own" } })?.env).toEqual({
		A: "1",
		B: "two words",
		C: "own",
	});
	expect(serverProblem({ envFile: "none.env" })).toMatchObject({
		path: "servers.a.envFile",
		found: expect.stringContaining("ENOENT"),
	});
	const off = { command: "x", envFile: "none.env", enabled: false };
	expect(
		resolved({ servers: { off, on: { command: "x" } } }).servers.off?.env,
	).toEqual({});
});

test("long keys and thousands of unknown ones are checked at once, and shortened in the error", () => {
	const input = {
		["k".repeat(300_000)]: 1,
		servers: {
			a: {
				command: "x",
				...Object.fromEntries(
					Array.from({ length: 20_000 }, (_, index) => [`warn${index}`, 1]),
				),
			},
		},
	};
	const { message, problems } = refused(input);
	expect(problems.length).toBeLessThan(30);
	expect(message.length).toBeLessThan(30_000);
	expect(message).toContain("19980 more unknown keys");
});
