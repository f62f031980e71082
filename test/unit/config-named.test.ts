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
		inputs: [],
		mcpServers: {
			a: { command: "x", timeout: 60, autoApprove: [], isolaton: "shared" },
		},
	});
	expect(config.servers.a?.isolation).toBe("auto");
	expect(warnings).toEqual([
		"inputs: left out, the bridge reads mcpServers only",
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
	{ type: "http", command: "x" },
	{ transportType: "sse" },
])("a server that is not stdio is refused with one problem: %j", async (entry) => {
	const problems = await problemsOf({ mcpServers: { a: entry } });
	expect(problems).toHaveLength(1);
	expect(problems[0]?.path).toBe(`mcpServers.a.${Object.keys(entry)[0]}`);
	expect(problems[0]?.expected).toContain(
		"a client can talk to that server itself",
	);
});

test("envFile is refused", async () => {
	const problems = await problemsOf({
		mcpServers: { a: { command: "x", envFile: ".env" } },
	});
	expect(problems).toMatchObject([{ path: "mcpServers.a.envFile" }]);
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
					"$NAMED_A ${not a name}",
				],
				env: { "${NAMED_A}": "<${NAMED_A:-other}>" },
				cwd: "${NAMED_DIR}",
				inheritEnv: ["${NAMED_A}"],
			},
		},
	});
	expect(config.servers.a).toMatchObject({
		command: "one",
		args: ["one-one", "two", "", "$NAMED_A ${not a name}"],
		env: { "${NAMED_A}": "<one>" },
		cwd: folder,
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
			b: { command: "x", args: ["${toString}", "${input:key}"], warm: -1 },
		},
	});
	expect(error.code).toBe("CONFIG_INVALID");
	expect(error.problems.map(({ path, found }) => [path, found])).toEqual([
		["mcpServers.b.args[1]", "${input:key}"],
		["mcpServers.a.command", 'environment variable "NAMED_X" is not set'],
		["mcpServers.a.env.K", 'environment variable "NAMED_Y" is not set'],
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

test("a server called __proto__ is refused, not lost", async () => {
	const problems = await problemsOf(
		'{"mcpServers": {"__proto__": {"command": "x"}, "b": {"command": "x"}}}',
	);
	expect(problems).toMatchObject([{ path: "mcpServers.__proto__" }]);
});

test("both lists in one file are refused", async () => {
	const list = { a: { command: "x" } };
	expect(await problemsOf({ mcpServers: list, servers: list })).toMatchObject([
		{ path: "servers" },
	]);
});

test.each([
	[[]],
	[{}],
	[{ mcpServers: [] }],
	["5"],
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
	expect(error.message).toContain("(2:49)");
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
