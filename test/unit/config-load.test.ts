import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	afterAll,
	afterEach,
	beforeAll,
	beforeEach,
	describe,
	expect,
	test,
	vi,
} from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { defineServers } from "../../src/config/define-servers.ts";
import { env } from "../../src/config/env.ts";
import { loadConfig } from "../../src/config/load-config.ts";

const api = { defineServers, env };
let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "config-load-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function write(name: string, text: string): string {
	const file = join(folder, name);
	writeFileSync(file, text);
	return file;
}
async function refused(file: string): Promise<ConfigError> {
	const error = await loadConfig(file, api).catch((error) => error);
	expect(error).toBeInstanceOf(ConfigError);
	return error;
}

test("a TypeScript file gets the package from the bridge and may import what lies beside it", async () => {
	vi.stubEnv("LOAD_TOKEN", "t0ken");
	write("shared.ts", "export const args: readonly string[] = ['-y', 'pkg'];");
	const file = write(
		"typed.ts",
		`import { defineServers, env, type BridgeInput } from "mcp-edge-bridge";
import { args } from "./shared.ts";
const servers = { a: { command: "npx", args, env: { TOKEN: env("LOAD_TOKEN") } } } satisfies BridgeInput["servers"];
export default defineServers({ servers });`,
	);
	const { servers } = await loadConfig(file, api);
	expect(servers.a).toMatchObject({
		command: "npx",
		args: ["-y", "pkg"],
		env: { TOKEN: "t0ken" },
		cwd: folder,
	});
});

test("a second load sees the changed file and the changed file it imports", async () => {
	const config = (port: number) =>
		`import { command } from "./command.ts";
export default { port: ${port}, servers: { a: { command } } };`;
	write("command.ts", 'export const command = "one";');
	const file = write("again.ts", config(1));
	const first = await loadConfig(file, api);
	write("command.ts", 'export const command = "two";');
	write("again.ts", config(2));
	const second = await loadConfig(file, api);
	expect([first.port, first.servers.a?.command]).toEqual([1, "one"]);
	expect([second.port, second.servers.a?.command]).toEqual([2, "two"]);
});

test("a file that does not exist is CONFIG_NOT_FOUND, with an example that loads", async () => {
	const file = join(folder, "missing.ts");
	const error = await refused(file);
	expect(error.code).toBe("CONFIG_NOT_FOUND");
	expect(error.message).toContain(`Cannot find config "${file}"`);
	const example = error.message.slice(error.message.indexOf("import {"));
	const { servers } = await loadConfig(write("example.ts", example), api);
	expect(servers.memory?.command).toBe("npx");
});

test("a syntax error says line and column", async () => {
	const file = write(
		"syntax.ts",
		"const a = 1;\nexport default {\n  servers: {{ }\n",
	);
	const error = await refused(file);
	expect(error.code).toBe("CONFIG_NOT_LOADABLE");
	expect(error.message).toBe(
		`Cannot load config "${file}": ParseError: Unexpected token (correct line 3, column 12)`,
	);
	expect(error.cause).toBeInstanceOf(Error);
});

test("a syntax error in an imported file names that file", async () => {
	const part = write("broken-part.ts", "export const = 1;");
	const file = write(
		"whole.ts",
		'import "./broken-part.ts";\nexport default {};',
	);
	expect((await refused(file)).message).toContain(
		`line 1, column 13 of ${part}`,
	);
});

test("an error thrown by the file is shown with its line", async () => {
	const file = write(
		"throws.ts",
		"type Wide = {\n  a: 1;\n};\n\nthrow new RangeError('no luck');\nexport default {};",
	);
	const error = await refused(file);
	expect(error.code).toBe("CONFIG_NOT_LOADABLE");
	expect(error.message).toBe(
		`Cannot load config "${file}": it throws RangeError: no luck (see line 5)`,
	);
});

test("a thrown string and a package that is not there are CONFIG_NOT_LOADABLE", async () => {
	const text = await refused(
		write("string.ts", "throw 'oops'; export default {};"),
	);
	expect([text.code, text.message]).toEqual([
		"CONFIG_NOT_LOADABLE",
		expect.stringContaining("it throws oops"),
	]);
	const absent = await refused(
		write("absent.ts", 'import "no-such-pkg"; export default {};'),
	);
	expect(absent.code).toBe("CONFIG_NOT_LOADABLE");
	expect(absent.message).toContain("Cannot find module 'no-such-pkg'");
	expect(absent.message).not.toContain("Require stack");
});

test.each([
	"export const config = {};",
	"",
])("a file without a default export says so: %j", async (text) => {
	const error = await refused(write("no-default.ts", text));
	expect(error.code).toBe("CONFIG_NOT_LOADABLE");
	expect(error.message).toContain(
		"it has no default export (write: export default",
	);
});

test("a folder is refused", async () => {
	expect((await refused(folder)).message).toContain("it is no file");
});

test("what the file exports is checked, under the file's name", async () => {
	const file = write("invalid.ts", "export default { servers: { a: {} } };");
	const error = await refused(file);
	expect(error.code).toBe("CONFIG_INVALID");
	expect(error.message).toContain(file);
	expect(error.problems).toMatchObject([{ path: "servers.a.command" }]);
});

describe("variables that are not set", () => {
	const typed = (text: string) =>
		write("unset.ts", `import { env } from "mcp-edge-bridge"; ${text}`);
	beforeEach(() => {
		for (const name of ["LOAD_UNSET", "LOAD_OTHER", "LOAD_THIRD"])
			vi.stubEnv(name, undefined);
	});

	test("are the fault of the entries that need them, all named", async () => {
		const file = typed(`const shared = { T: env("LOAD_THIRD") };
export default { servers: {
	a: { command: env("LOAD_UNSET"), args: ["--url=" + env("LOAD_OTHER").toUpperCase()] },
	b: { command: "x", env: shared },
	c: { command: "x", env: shared },
	off: { command: env("LOAD_UNSET"), enabled: false },
	good: { command: "x", args: [env("LOAD_UNSET", "default")] },
} };`);
		const { servers, faulty } = await loadConfig(file, api);
		expect(Object.keys(servers)).toEqual(["good"]);
		expect(
			faulty.flatMap(({ problems }) =>
				problems.map(({ path, variable }) => [path, variable]),
			),
		).toEqual([
			["servers.a.command", "LOAD_UNSET"],
			["servers.a.args[0]", "LOAD_OTHER"],
			["servers.b.env.T", "LOAD_THIRD"],
			["servers.c.env.T", "LOAD_THIRD"],
		]);
		const strict = await loadConfig(file, api, true).catch((error) => error);
		expect([strict.code, strict.message]).toEqual([
			"CONFIG_ENV_MISSING",
			expect.stringContaining("LOAD_UNSET, LOAD_OTHER, LOAD_THIRD"),
		]);
	});

	test.each([
		[
			"an option of the whole",
			'host: env("LOAD_UNSET"), servers: { a: { command: env("LOAD_OTHER") }, b: { command: "x" } }',
		],
		[
			"a name",
			'servers: { [env("LOAD_UNSET")]: { command: env("LOAD_OTHER") }, b: { command: "x" } }',
		],
		[
			"what nobody can tell",
			'servers: { a: { command: "x", enabled: env("LOAD_UNSET") === "1" }, b: { command: env("LOAD_OTHER") } }',
		],
		[
			"every server",
			'servers: { a: { command: env("LOAD_UNSET") }, b: { command: env("LOAD_OTHER") } }',
		],
	])("refuse the file where they are for %s", async (_what, members) => {
		const error = await refused(typed(`export default { ${members} };`));
		expect(error.message).toContain('"LOAD_UNSET"');
		expect(error.message).toContain('"LOAD_OTHER"');
		expect(error.message).not.toContain("\0");
	});

	test("are named before what the file throws because of them", async () => {
		const error = await refused(
			typed(
				'env("LOAD_OTHER"); export default { port: new URL(env("LOAD_UNSET")).port };',
			),
		);
		expect(error.code).toBe("CONFIG_ENV_MISSING");
		for (const text of ["LOAD_OTHER, LOAD_UNSET", "it throws TypeError"])
			expect(error.message).toContain(text);
	});
});

test("env gives the variable, even an empty one, else the default, even an empty one", () => {
	vi.stubEnv("LOAD_SET", "value");
	vi.stubEnv("LOAD_EMPTY", "");
	vi.stubEnv("LOAD_UNSET", undefined);
	expect(env("LOAD_SET", "default")).toBe("value");
	expect(env("LOAD_EMPTY", "default")).toBe("");
	expect(env("LOAD_UNSET", "default")).toBe("default");
	expect(env("LOAD_UNSET", "")).toBe("");
	expect(() => env("LOAD_UNSET")).toThrow(ConfigError);
	expect(() => env("toString")).toThrow(ConfigError);
});
