// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { loadNamedServers } from "../../src/config/named-servers.ts";

/** JSON as hosts write it, and what the bridge makes of it. */

let folder: string;
let file: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "config-shapes-"));
	file = join(folder, "servers.json");
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function load(json: unknown) {
	writeFileSync(file, JSON.stringify(json));
	return loadNamedServers(file);
}
const x = { command: "x" };

test.each<[what: string, json: unknown]>([
	["mcpServers", { mcpServers: { a: x } }],
	["servers", { servers: { a: x } }],
	["mcp_servers", { mcp_servers: { a: x } }],
	["a prefix before mcpServers", { "editor.mcpServers": { a: x } }],
	["mcp.servers", { mcp: { inputs: [], servers: { a: x } } }],
	["mcp.servers with a dot", { "mcp.servers": { a: x } }],
	["context_servers", { context_servers: { a: { source: "custom", ...x } } }],
	["mcp", { $schema: "x", mcp: { a: { type: "local", ...x } } }],
	[
		"mcpServers in another object",
		{ "x.advanced": { mcpServers: [{ name: "a", ...x }] } },
	],
	["nothing", { a: x }],
	["an array", [{ name: "a", ...x }]],
	["an array of a list", { mcpServers: [{ id: "a", ...x }] }],
	["a project", { projects: { [tmpdir()]: { mcpServers: { a: x } } } }],
	[
		"comments",
		{
			mcpServers: {
				"//": "my own",
				_comment: {},
				"#": 1,
				a: { ...x, _note: "y", "//args": [] },
			},
		},
	],
	[
		"what is switched off by its name",
		{ mcpServers: { a: x, _disabled_b: x } },
	],
	[
		"settings that name what is allowed",
		{ mcp: { allowed: ["a"] }, mcpServers: { a: x, b: x } },
	],
	[
		"settings that name what is not",
		{ mcp: { excluded: ["b"] }, mcpServers: { a: x, b: x } },
	],
])("a server is found under %s", async (_what, json) => {
	const { config } = await load(json);
	expect(Object.keys(config.servers)).toEqual(["a"]);
	expect(config.servers.a?.command).toBe("x");
	expect(config.faulty).toEqual([]);
});

test("several lists in one file are all served, and a project's servers run in its folder", async () => {
	const sub = tmpdir();
	const { config, warnings } = await load({
		numStartups: 3,
		mcpServers: { a: x, remote: { type: "http", url: "https://x.test" } },
		projects: {
			[sub]: { allowedTools: [], mcpServers: { b: x, a: { command: "y" } } },
			"/not/here": { mcpServers: { c: x } },
		},
	});
	expect(Object.keys(config.servers)).toEqual(["a", "b"]);
	expect(config.servers.a).toMatchObject({ command: "x", cwd: folder });
	expect(config.servers.b?.cwd).toBe(sub);
	expect(config.faulty).toMatchObject([{ name: "c" }]);
	expect(warnings).toEqual([
		"numStartups: left out, the bridge reads mcpServers, projects only",
		expect.stringContaining("].mcpServers.a at "),
		expect.stringContaining("mcpServers.remote at "),
	]);
});

test.each<[entry: object, result: object]>([
	[
		{ command: ["npx", "-y", "p"], environment: { K: "v" } },
		{ command: "npx", args: ["-y", "p"], env: { K: "v" } },
	],
	[
		{ args: ["more"], command: ["npx", "-y"] },
		{ command: "npx", args: ["-y", "more"] },
	],
	[
		{ command: { path: "npx", args: ["-y"], env: { K: "v" } }, settings: {} },
		{ command: "npx", args: ["-y"], env: { K: "v" } },
	],
	[
		{ ...x, env: { N: 8080, T: true, F: 1.5, NONE: null }, args: [1, false] },
		{ env: { N: "8080", T: "true", F: "1.5" }, args: ["1", "false"] },
	],
	[
		{ ...x, transport: "stdio", type: "stdio", transportType: "stdio" },
		{ command: "x" },
	],
	[{ ...x, type: "custom", url: "" }, { command: "x" }],
	[{ ...x, disabledTools: ["a"] }, { tools: { deny: ["a"] } }],
	[{ ...x, excludeTools: ["a"] }, { tools: { deny: ["a"] } }],
	[{ ...x, includeTools: ["a"] }, { tools: { allow: ["a"] } }],
	[{ ...x, allowedTools: ["a"] }, { tools: { allow: ["a"] } }],
	[{ ...x, tools: ["a_*"] }, { tools: { allow: ["a_*"] } }],
	[{ ...x, tools: { deny: ["a"] } }, { tools: { deny: ["a"] } }],
	[
		{ ...x, options: { toolFilter: { mode: "allow", list: ["a"] } } },
		{ tools: { allow: ["a"] } },
	],
	[
		{ ...x, toolFilter: { mode: "block", list: ["a"] }, disabledTools: ["b"] },
		{ tools: { deny: ["a", "b"] } },
	],
	[
		{ ...x, disabledTools: ["b"], tools: { allow: ["a*"], deny: ["a"] } },
		{ tools: { allow: ["a*"], deny: ["b", "a"] } },
	],
])("%j becomes %j", async (entry, result) => {
	const { config } = await load({ mcpServers: { a: entry } });
	expect(config.servers.a).toMatchObject(result);
	expect(Object.keys(config.servers.a?.env ?? {})).toEqual(
		Object.keys((result as { env?: object }).env ?? {}),
	);
});

test.each<[entry: object, path: string]>([
	[{ disabledTools: "all" }, ""],
	[{ disabledTools: { a: true } }, "disabledTools"],
	[{ toolFilter: { mode: "some", list: ["a"] } }, "toolFilter"],
	[{ toolFilter: { mode: "allow" } }, "toolFilter.list"],
	[{ includeTools: ["a"], allowedTools: ["b"] }, "allowedTools"],
	[{ tools: { allowed: ["a"] } }, "tools"],
	[{ disabledTools: ["a"], tools: { allow: "a", other: 1 } }, "tools"],
	[{ tools: { deny: [1] } }, "tools.deny"],
	[{ tools: {} }, "tools"],
	[{ args: "-y" }, "args"],
	[{ env: { ID: 1e20 } }, "env.ID"],
	[{ env: { K: ["v"] } }, "env.K"],
	[{ enabled: "yes" }, "enabled"],
	[{ disabled: 1 }, "disabled"],
	[{ cwd: "./none" }, "cwd"],
	[{ envFile: "${workspaceFolder}/none.env" }, "envFile"],
	[{ env: { P: "${config:port}" } }, "env.P"],
	[{ args: ["${command:pick}"] }, "args[0]"],
])("%j is the fault of its entry alone, if it is one", async (entry, path) => {
	const servers = { bad: { ...x, ...entry }, good: x };
	const { config } = await load({ servers });
	const paths = config.faulty.map(({ problems }) => problems[0]?.path);
	expect(paths).toEqual(path === "" ? [] : [expect.stringContaining(path)]);
	expect(config.servers.good?.command).toBe("x");
});

test.each([
	["$SHAPE_ONE", "one"],
	[
		"https://x.test/?key=$SHAPE_ONE&b=$SHAPE_ONE",
		"https://x.test/?key=one&b=one",
	],
	["pa$SHAPE_ONE", "pa$SHAPE_ONE"],
	["$SHAPE_ONEs $shape $5 $$ $", "$SHAPE_ONEs $shape $5 $$ $"],
	["${SHAPE_ONE}${env:SHAPE_ONE}", "oneone"],
	["${env:SHAPE_UNSET:-two}", "two"],
	["${SHAPE_UNSET:-$}SHAPE_ONE", "$SHAPE_ONE"],
	["~/bin", "/home/me/bin"],
	["~", "/home/me"],
	["a~/bin", "a~/bin"],
	["${userHome}${/}x${pathSeparator}y", "/home/me/x/y"],
	["<${input:the-key.2}>", "<three>"],
	["${input:with default}", "four"],
	["${workspaceFolder}/x", "FOLDER/x"],
	["${workspaceFolder:root}/x", "FOLDER/x"],
	["${SHAPE_ONE", "${SHAPE_ONE"],
	["${} ${ SHAPE_ONE } {SHAPE_ONE}", "${} ${ SHAPE_ONE } {SHAPE_ONE}"],
])("the text %j is read as %j", async (text, result) => {
	vi.stubEnv("SHAPE_ONE", "one");
	vi.stubEnv("SHAPE_UNSET", undefined);
	vi.stubEnv("INPUT_THE_KEY_2", "three");
	vi.stubEnv("HOME", "/home/me");
	const { config } = await load({
		inputs: [{ id: "with default", default: "four" }],
		servers: { a: { command: text, args: [text], env: { K: text } } },
	});
	const expected = result.replace("FOLDER", folder);
	expect(config.servers.a).toMatchObject({
		command: expected,
		args: [expected],
		env: { K: expected },
	});
});

test("a shell's own variables are left to it", async () => {
	vi.stubEnv("SHAPE_ONE", "one");
	const args = ["-c", "echo $SHAPE_ONE $SHAPE_UNSET"];
	const { config } = await load({
		servers: {
			a: { command: "/bin/bash", args, env: { K: "$SHAPE_ONE" } },
			b: { command: "docker", args: ["exec", "c", "sh", ...args] },
		},
	});
	expect(config.servers.a).toMatchObject({ args, env: { K: "one" } });
	expect(config.servers.b?.args.slice(3)).toEqual(args);
});

test("an input that is not set is named by its variable", async () => {
	vi.stubEnv("INPUT_API_KEY", undefined);
	const { config } = await load({
		servers: { good: x, a: { ...x, env: { K: "${input:api-key}" } } },
	});
	expect(config.faulty[0]?.problems).toMatchObject([
		{ path: "servers.a.env.K", variable: "INPUT_API_KEY" },
	]);
});

test("what the workspace's folder is taken for is said once", async () => {
	const a = { ...x, args: ["${workspaceFolder}", "${workspaceFolder}/b"] };
	const { warnings } = await load({ servers: { a, b: a } });
	expect(warnings).toEqual([
		`\${workspaceFolder} is taken for the folder of the config: ${folder}`,
	]);
});
