// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadNamedServers } from "../../src/config/named-servers.ts";

let folder: string;
let file: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "config-named-"));
	file = join(folder, "servers.json");
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function load(json: unknown) {
	writeFileSync(file, typeof json === "string" ? json : JSON.stringify(json));
	return loadNamedServers(file);
}
async function refused(json: unknown): Promise<ConfigError> {
	const error = await load(json).catch((error) => error);
	expect(error).toBeInstanceOf(ConfigError);
	return error;
}
const problemsOf = async (json: unknown) => (await refused(json)).problems;

test.each([
	"mcpServers",
	"servers",
])("the servers may stand under %s", async (root) => {
	const a = { command: "npx", args: ["-y", "pkg"], env: { K: "v" } };
	const { config, warnings } = await load({ [root]: { a } });
	expect(config.servers.a).toMatchObject({
		...a,
		cwd: folder,
		enabled: true,
	});
	expect(warnings).toEqual([]);
});

test.each([
	[{}, true],
	[{ enabled: true }, true],
	[{ disabled: false }, true],
	[{ enabled: false }, false],
	[{ disabled: true }, false],
	[{ enabled: true, disabled: true }, false],
	[{ disabled: true, enabled: true }, false],
	[{ disabled: false, enabled: false }, false],
])("a server with %j is enabled: %s", async (flags, enabled) => {
	const { config } = await load({
		mcpServers: { on: { command: "x" }, a: { command: "x", ...flags } },
	});
	expect(config.servers.a?.enabled).toBe(enabled);
});

test("transportType and type 'stdio', and members that are null, are taken without a word", async () => {
	const { config, warnings } = await load({
		mcpServers: {
			a: {
				command: "x",
				type: "stdio",
				transportType: "stdio",
				env: null,
				cwd: null,
			},
		},
	});
	expect(config.servers.a).toMatchObject({ env: {}, cwd: folder });
	expect(warnings).toEqual([]);
});

test("keys without meaning here are warnings that name path and key", async () => {
	const { config, warnings } = await load({
		preferences: {},
		other: 1,
		mcpServers: {
			a: { command: "x", timeout: 60, autoApprove: [], isolaton: "shared" },
		},
	});
	expect(config.servers.a?.isolation).toBe("auto");
	expect(warnings).toEqual([
		"preferences, other: left out, the bridge reads mcpServers only",
		"mcpServers.a.timeout: left out, it has no meaning for the bridge",
		"mcpServers.a.autoApprove: left out, it has no meaning for the bridge",
		'mcpServers.a.isolaton: left out, unknown key (did you mean "isolation"?)',
	]);
});

test("the options of servers.ts may stand in an entry", async () => {
	const { config } = await load({
		mcpServers: { a: { command: "x", concurrency: 1 } },
	});
	expect(config.servers.a?.concurrency).toBe(1);
});

test.each([
	{ url: "https://example.com/mcp" },
	{ httpUrl: "https://example.com/mcp", timeout: 5 },
	{ serverUrl: "https://example.com/sse" },
	{ type: "http", command: "x" },
	{ transportType: "sse" },
	{ transport: "streamable-http", url: "https://example.com/mcp" },
])("a server that is not stdio is left out with one warning, and refused where it is the only one: %j", async (entry) => {
	const b = { command: "x" };
	const { config, warnings } = await load({ mcpServers: { a: entry, b } });
	expect(Object.keys(config.servers)).toEqual(["b"]);
	expect(warnings).toEqual(["mcpServers.a at 1:16: left out, a remote server"]);
	const problems = await problemsOf({ mcpServers: { a: entry } });
	expect(problems).toHaveLength(1);
	expect(problems[0]?.path).toBe("mcpServers.a at 1:16");
	expect(problems[0]?.expected).toContain("a client can talk to that one");
	const strict = loadNamedServers(file, { strict: true });
	await expect(strict).rejects.toMatchObject({ problems });
});

test("variables are expanded in command, args, env and cwd, and nowhere else", async () => {
	vi.stubEnv("NAMED_A", "one");
	vi.stubEnv("NAMED_DIR", folder);
	vi.stubEnv("NAMED_UNSET", undefined);
	const { config } = await load({
		mcpServers: {
			a: {
				command: "${NAMED_A}",
				args: [
					"${env:NAMED_A}-${NAMED_A}",
					"${NAMED_UNSET:-two}",
					"${NAMED_UNSET:-}",
					"${not a name}",
				],
				env: { "${NAMED_A}": "<${NAMED_A:-other}>" },
				cwd: "${NAMED_DIR}",
				stopCommand: ["stop", "${NAMED_A}"],
				inheritEnv: ["${NAMED_A}"],
			},
		},
	});
	expect(config.servers.a).toMatchObject({
		command: "one",
		args: ["one-one", "two", "", "${not a name}"],
		env: { "${NAMED_A}": "<one>" },
		cwd: folder,
		stopCommand: ["stop", "one"],
		inheritEnv: ["${NAMED_A}"],
	});
});

test("a variable that is set to nothing counts as set", async () => {
	vi.stubEnv("NAMED_EMPTY", "");
	const { config } = await load({
		mcpServers: { a: { command: "x", args: ["<${NAMED_EMPTY:-default}>"] } },
	});
	expect(config.servers.a?.args).toEqual(["<>"]);
});

test("an expanded value is not expanded again", async () => {
	vi.stubEnv("NAMED_A", "${NAMED_B}");
	vi.stubEnv("NAMED_B", "b");
	const { config } = await load({
		mcpServers: { a: { command: "${NAMED_A}" } },
	});
	expect(config.servers.a?.command).toBe("${NAMED_B}");
});

test("each unset variable is a problem that names path and variable, beside all others", async () => {
	vi.stubEnv("NAMED_X", undefined);
	vi.stubEnv("NAMED_Y", undefined);
	const error = await refused({
		mcpServers: {
			a: { command: "${NAMED_X}", env: { K: "${NAMED_Y}" } },
			b: { command: "x", args: ["${toString}", "${config:key}"], warm: -1 },
		},
	});
	expect(error.code).toBe("CONFIG_INVALID");
	expect(error.message).toContain("not set: NAMED_X, NAMED_Y, toString");
	expect(error.problems.map(({ path, found }) => [path, found])).toEqual([
		["mcpServers.a.command", 'environment variable "NAMED_X" is not set'],
		["mcpServers.a.env.K", 'environment variable "NAMED_Y" is not set'],
		["mcpServers.b.args[1]", "${config:key}"],
		["mcpServers.b.args[0]", 'environment variable "toString" is not set'],
		["mcpServers.b.warm", "number -1"],
	]);
});

test("problems carry the path that the JSON file has", async () => {
	const problems = await problemsOf({
		mcpServers: { servers: { command: 5 }, b: 7 },
	});
	expect(problems.map(({ path }) => path)).toEqual([
		"mcpServers.servers.command",
		"mcpServers.b",
	]);
});

test("a server called __proto__ is served, not lost", async () => {
	const { config } = await load(
		'{"mcpServers": {"__proto__": {"command": "x"}, "b": {"command": "x"}}}',
	);
	expect(Object.keys(config.servers)).toEqual(["__proto__", "b"]);
});

test("entries with a fault are named, and do not keep the others from being served", async () => {
	vi.stubEnv("NAMED_X", undefined);
	const json = {
		mcpServers: {
			good: { command: "x" },
			unset: { command: "x", env: { K: "${NAMED_X}" } },
			folder: { command: "x", cwd: "no/such/folder" },
			none: {},
			text: "npx",
			off: { command: "${NAMED_X}", disabled: true },
		},
	};
	const { config } = await load(json);
	expect(Object.keys(config.servers)).toEqual(["good"]);
	expect(
		config.faulty.map(({ name, problems }) => [
			name,
			problems.map(({ path }) => path),
		]),
	).toEqual([
		["unset", ["mcpServers.unset.env.K"]],
		["folder", ["mcpServers.folder.cwd"]],
		["none", ["mcpServers.none.command"]],
		["text", ["mcpServers.text"]],
	]);
	const strict = await loadNamedServers(file, { strict: true }).catch(
		(error) => error,
	);
	expect(strict.problems).toHaveLength(4);
});

test("two of one name are named with both places, of servers and of variables", async () => {
	const { config, warnings } = await load(`{
  "mcpServers": {
    "a": { "command": "one", "env": { "K": "1", "K": "2" } },
    "b": { "command": "x" },
    "a": { "command": "two" },
    "B": { "command": "y" }
  },
  "servers": { "b": { "command": "z" } }
}`);
	expect(config.servers.a?.command).toBe("two");
	expect(config.servers.b?.command).toBe("x");
	expect(warnings).toEqual([
		"mcpServers.a.env.K: stands at 3:39 and at 3:49, the latter counts",
		"mcpServers.a: stands at 3:5 and at 5:5, the latter counts",
		"servers.b at 8:16: left out, a server of this name stands at mcpServers.b at 4:5",
	]);
	expect(config.faulty).toMatchObject([
		{
			name: "B",
			problems: [{ found: "at 6:5 the same name as mcpServers.b at 4:5" }],
		},
	]);
});

test.each([
	[[]],
	[{}],
	[{ mcpServers: [] }],
	["5"],
	[{ mcpServers: { _comment: "none yet" } }],
	[{ servers: "x" }],
])("%j is no file of named servers", async (json) => {
	const problems = await problemsOf(json);
	expect(problems).toHaveLength(1);
	expect(problems[0]?.expected).toContain('{"mcpServers":');
});

test("a syntax error says line and column, and nothing of the text", async () => {
	const error = await refused(
		'{\n  "mcpServers": { "a": { "env": { "T": "s3cret" "U": "t0ken" } } }\n}',
	);
	expect(error.code).toBe("CONFIG_NOT_LOADABLE");
	expect(error.message).toContain("(correct line 2, column 49)");
	expect(error.message).not.toContain("s3cret");
	expect(error.message).not.toContain("t0ken");
});

test("comments, and commas before a closing bracket, are read as the hosts read them", async () => {
	const { config } = await load(
		'{\n\t// mine\n\t"mcpServers": { "a": { "command": "x", "args": ["y",], } }\n}',
	);
	expect(config.servers.a?.args).toEqual(["y"]);
});

test("a byte order mark is no syntax error", async () => {
	const { config } = await load(
		'\uFEFF{"mcpServers": {"a": {"command": "x"}}}',
	);
	expect(config.defaultServer).toBe("a");
});

test("a missing file is CONFIG_NOT_FOUND, with an example that loads", async () => {
	const error = await loadNamedServers(join(folder, "missing.json")).catch(
		(error) => error,
	);
	expect(error.code).toBe("CONFIG_NOT_FOUND");
	const { config } = await load(
		error.message.slice(error.message.indexOf("{\n")),
	);
	expect(config.servers.memory?.command).toBe("npx");
});

test.each([
	["", "it is empty"],
	["// nothing\n", "it is empty"],
	[
		'{\n  "mcpServers": { "a": { "command": "x" } }\n',
		"the { of line 1, column 1 is not closed",
	],
	[
		'{"mcpServers": {"a": {"command": "x", "args": ["y"}}}',
		"line 1, column 51",
	],
	["[".repeat(100_000), "it is nested too deep"],
])("a file that is no JSON says where, and what is missing: %j", async (text, message) => {
	const error = await refused(text);
	expect(error.code).toBe("CONFIG_NOT_LOADABLE");
	expect(error.message).toContain(message);
});

test.each([
	["utf16le", "\uFEFF"],
	["utf16le", ""],
	["utf16be", "\uFEFF"],
	["utf16be", ""],
	["utf8", "\uFEFF"],
] as const)("a file in %s that begins with %j is read", async (encoding, mark) => {
	const text = `${mark}{"mcpServers":\r\n{"é": {"command": "ü"}}}`;
	const isBig = encoding === "utf16be";
	const bytes = Buffer.from(text, isBig ? "utf16le" : encoding);
	writeFileSync(file, isBig ? bytes.swap16() : bytes);
	const { config } = await loadNamedServers(file);
	expect(config.servers.é?.command).toBe("ü");
});

test("a file in no known encoding is refused, not changed", async () => {
	writeFileSync(
		file,
		Buffer.from('{"mcpServers": {"a": {"command": "é"}}}', "latin1"),
	);
	await expect(loadNamedServers(file)).rejects.toThrow("it is not UTF-8");
});

test("tokens that clients would have to send stop the start, whatever else there is", async () => {
	const options = { authTokens: ["s3cret"] };
	const a = { command: "x" };
	for (const json of [
		{ mcpProxy: { options }, mcpServers: { a } },
		{ mcpServers: { a: { ...a, options } } },
	]) {
		const error = await refused(json);
		expect(error.message).toContain("options.authTokens: ");
		expect(error.message).toContain("reverse proxy");
		expect(error.message).not.toContain("s3cret");
	}
	const one = await load({ mcpServers: { a, b: { ...a, options } } });
	expect(one.config.faulty).toMatchObject([{ name: "b" }]);
	const none = { mcpProxy: { options: { authTokens: [] } }, mcpServers: { a } };
	expect((await load(none)).config.defaultServer).toBe("a");
});

test("long texts and thousands of keys are read, and shortened in what is said of them", async () => {
	const many = Object.fromEntries(
		Array.from({ length: 20_000 }, (_, index) => [`args${index}`, 1]),
	);
	const open = "${A:-".repeat(60_000);
	const { config, warnings } = await load({
		...many,
		mcpServers: {
			a: { command: "x", ...many, ["k".repeat(300_000)]: 1 },
			b: {
				command: "x",
				args: [
					open,
					"${input:".repeat(40_000),
					"$".repeat(300_000),
					`${"${ ".repeat(100_000)}}`,
				],
			},
			["n".repeat(300_000)]: { command: "x" },
		},
	});
	expect(Object.keys(config.servers)).toEqual(["a", "b"]);
	expect(config.servers.b?.args[0]).toBe(open);
	expect(warnings.length).toBeLessThan(30);
	expect(warnings.join().length).toBeLessThan(5000);
	expect(config.faulty[0]?.name.length).toBeLessThan(200);
});
