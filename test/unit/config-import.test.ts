// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { importNamedServers } from "../../src/cli/import-command.ts";
import { defineServers } from "../../src/config/define-servers.ts";
import { env } from "../../src/config/env.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { loadNamedServers } from "../../src/config/named-servers.ts";

let folder: string;
let json: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "config-import-"));
	json = join(folder, "mcp.json");
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function imported(content: unknown): Promise<string> {
	writeFileSync(
		json,
		typeof content === "string" ? content : JSON.stringify(content),
	);
	return importNamedServers(json);
}

/** Both ways to the config: the JSON itself, and the file that is made from it. */
async function bothWays(content: unknown) {
	const file = join(folder, "servers.ts");
	writeFileSync(file, await imported(content));
	const { config } = await loadNamedServers(json);
	return [await loadConfig(file, { defineServers, env }), config] as const;
}

test("the file that is printed", async () => {
	const content = {
		globalShortcut: "Ctrl+Space",
		mcpServers: {
			github: {
				command: "npx",
				args: [
					"-y",
					"@modelcontextprotocol/server-github",
					"--host",
					"${HOST:-api.github.com}",
				],
				env: {
					GITHUB_TOKEN: "${GITHUB_TOKEN}",
					"odd-name": "Bearer ${env:TOKEN}",
				},
				timeout: 60,
			},
			"my.notes": {
				command: "notes",
				args: ["a", "b"],
				disabled: true,
				concurrency: 1,
			},
		},
	};
	expect(
		await imported(content),
	).toBe(`// Imported from "mcp.json". Relative paths start at the folder of this file: keep it in the same folder
// globalShortcut: left out, the bridge reads mcpServers only
import { defineServers, env } from "mcp-edge-bridge";

export default defineServers({
	servers: {
		// mcpServers.github.timeout: left out, it has no meaning for the bridge
		// It is archived and no longer maintained: use "github-mcp-server", a program of
		//   github.com/github/github-mcp-server
		github: {
			command: "npx",
			args: [
				"-y",
				"@modelcontextprotocol/server-github",
				"--host",
				env("HOST", "api.github.com"),
			],
			env: {
				GITHUB_TOKEN: env("GITHUB_TOKEN"),
				"odd-name": \`Bearer \${env("TOKEN")}\`,
			},
			// A first start by npx downloads it
			startTimeoutMs: 120_000,
		},
		"my.notes": {
			command: "notes",
			args: ["a", "b"],
			enabled: false,
			concurrency: 1,
		},
	},
});
`);
});

test("env is imported only where it is used", async () => {
	const text = await imported({
		mcpServers: { a: { command: "env(", env: { env: "x" } } },
	});
	expect(text).toContain('import { defineServers } from "mcp-edge-bridge";');
});

test("the value of a variable is never printed, and an unset one is no error", async () => {
	vi.stubEnv("IMPORT_SECRET", "s3cr3t");
	vi.stubEnv("IMPORT_UNSET", undefined);
	const text = await imported({
		mcpServers: {
			a: { command: "x", env: { A: "${IMPORT_SECRET}", B: "${IMPORT_UNSET}" } },
		},
	});
	expect(text).not.toContain("s3cr3t");
	expect(text).toContain('B: env("IMPORT_UNSET"),');
});

test("what loads from the printed file equals what loads from the JSON", async () => {
	vi.stubEnv("IMPORT_T", "tok`${x}\\");
	vi.stubEnv("IMPORT_UNSET", undefined);
	const [fromTypeScript, fromJson] = await bothWays({
		servers: {
			a: {
				command: "${IMPORT_T}/bin",
				args: [
					'`${IMPORT_T}"\\\r\n\u2028$${IMPORT_T}$',
					"${not a name}",
					'${IMPORT_UNSET:-a`"\\${b}',
					"plain",
				],
				env: { constructor: "${IMPORT_T}", "a-b": "", "1": "x" },
				cwd: ".",
				type: "stdio",
				inheritEnv: ["HOME"],
			},
			off: { command: "x", args: [], env: {}, enabled: false, cwd: "missing" },
			all: { command: "x", inheritEnv: true, isolation: "session", warm: 2 },
		},
	});
	expect(fromJson.servers.a?.command).toBe("tok`${x}\\/bin");
	expect(JSON.stringify(fromTypeScript)).toBe(JSON.stringify(fromJson));
});

test("a variable called __proto__ comes through", async () => {
	const [fromTypeScript, fromJson] = await bothWays(
		'{"mcpServers": {"a": {"command": "x", "env": {"__proto__": "p"}}}}',
	);
	expect(JSON.stringify(fromJson.servers.a?.env)).toBe('{"__proto__":"p"}');
	expect(JSON.stringify(fromTypeScript)).toBe(JSON.stringify(fromJson));
});

test("any text comes through", async () => {
	vi.stubEnv("V", "value");
	vi.stubEnv("VV", "value too");
	vi.stubEnv("INPUT_V", "given");
	const piece = fc.constantFrom(
		...[
			"`",
			"$",
			"{",
			"}",
			"${",
			"\\",
			'"',
			"'",
			"\n",
			"\r",
			"\u2028",
			"${V}",
			"${V:-d`}",
			"${env:V}",
			"${W:-}",
			"$VV",
			"~/",
			" ",
			"${input:v}",
			"${workspaceFolder}",
			// No letter: with the braces it could name a variable that is not set.
			"-",
			"é",
			"\ud83d",
			"//",
			"*/",
		],
	);
	vi.stubEnv("W", undefined);
	const text = fc
		.array(piece, { maxLength: 8 })
		.map((pieces) => pieces.join(""));
	await fc.assert(
		fc.asyncProperty(fc.array(text, { maxLength: 5 }), async (args) => {
			const [fromTypeScript, fromJson] = await bothWays({
				mcpServers: { a: { command: "x", args } },
			});
			expect(fromTypeScript).toEqual(fromJson);
		}),
		{ numRuns: 50 },
	);
});

test("a key that holds line ends cannot break out of its comment", async () => {
	const key = "x\nboom()\u2028boom()\rboom()";
	const [fromTypeScript, fromJson] = await bothWays({
		[key]: 1,
		mcpServers: { a: { command: "x", [key]: 1 } },
	});
	expect(fromTypeScript).toEqual(fromJson);
});

test("what cannot be served is a comment, the rest is taken over", async () => {
	const text = await imported({
		mcpProxy: { options: { authTokens: ["t"] } },
		mcpServers: {
			remote: { url: "https://example.com/mcp" },
			good: { command: "x", cwd: "${workspaceFolder}/sub", envFile: "a.env" },
			bad: { command: "x", args: ["${config:a\u2028b}", "two"], warm: -1 },
			text: "npx",
		},
	});
	const comments = text.split("\n").filter((line) => /^\s*\/\//.test(line));
	for (const part of [
		"mcpProxy.options.authTokens",
		"mcpServers.remote at 1:60: left out",
		"mcpServers.bad.args[0]: ${config:",
		"mcpServers.bad.warm: number -1",
		"bad: {",
		'"two"',
		'mcpServers.text: string "npx"',
	])
		expect(comments.join("\n")).toContain(part);
	const file = join(folder, "servers.ts");
	mkdirSync(join(folder, "sub"));
	writeFileSync(join(folder, "a.env"), "K=v");
	writeFileSync(file, text);
	const { servers, faulty } = await loadConfig(file, { defineServers, env });
	expect(Object.keys(servers)).toEqual(["good"]);
	expect(servers.good).toMatchObject({
		cwd: join(folder, "sub"),
		env: { K: "v" },
	});
	expect(faulty).toEqual([]);
});

test("where nothing can be served it is refused with the same problems as when it is loaded", async () => {
	const content = {
		mcpServers: {
			remote: { url: "https://example.com/mcp" },
			a: { args: "x" },
		},
	};
	const error = await imported(content).catch((error) => error);
	expect(error.code).toBe("CONFIG_INVALID");
	const loaded = await loadNamedServers(json).catch((error) => error);
	expect(error.problems).toEqual(loaded.problems);
	expect(error.problems).toHaveLength(3);
});

test("a cwd that does not exist where the file is imported is kept", async () => {
	const text = await imported({
		mcpServers: { a: { command: "x", cwd: "/not/here" } },
	});
	expect(text).toContain('cwd: "/not/here",');
});
