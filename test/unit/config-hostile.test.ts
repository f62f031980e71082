// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adviceFor } from "../../src/config/advice.ts";
import { commandHints } from "../../src/config/command-hints.ts";
import { loadNamedServers } from "../../src/config/named-servers.ts";

/** Configs that cost minutes where anything in reading them costs the square of their size. */

let file: string;
beforeAll(() => {
	file = join(mkdtempSync(join(tmpdir(), "config-hostile-")), "servers.json");
});
afterAll(() => rmSync(join(file, ".."), { recursive: true }));

const many = 40_000;
const server = { command: "node", args: ["x"] };
const one = (entry: object) => ({ mcpServers: { a: entry } });
const keys = (name: (index: number) => string, value: unknown) =>
	Object.fromEntries(
		Array.from({ length: many }, (_, index) => [name(index), value]),
	);

test.each<[string, object]>([
	["an unknown key of 1 MB", one({ ...server, ["x".repeat(1e6)]: 1 })],
	["unknown keys", one({ ...server, ...keys((at) => `unknown${at}`, 1) })],
	["keys beside the servers", { ...one(server), ...keys((at) => `k${at}`, 1) }],
	["a name of 1 MB", { mcpServers: { ["x".repeat(1e6)]: server } }],
	[
		"defaults that are not closed",
		one({ ...server, args: ["${A:-".repeat(many)] }),
	],
	[
		"defaults one in the other",
		one({ ...server, args: ["${A:-".repeat(many) + "}".repeat(many)] }),
	],
	["references of a host", one({ command: "${config:".repeat(many) })],
	["an endless name of a variable", one({ command: `\${${"a".repeat(1e6)}` })],
	[
		"a value of a variable",
		one({ ...server, env: { A: "${A:-".repeat(many) } }),
	],
	["a command of 1 MB", one({ command: `${"x".repeat(1e6)} y` })],
	["quotes", one({ command: '"'.repeat(3e5) })],
	["paths", one({ command: "node", args: ["node_modules/".repeat(many)] })],
	["newlines", one({ command: "uvx", args: [`${"a".repeat(3e5)}\n\n`] })],
	[
		"options of docker",
		one({ command: "docker", args: ["run", ...Array(many).fill("-e")] }),
	],
	["options of npx", one({ command: "npx", args: Array(many).fill("-y") })],
	[
		"names that are turned off",
		{
			...one(server),
			mcp: { excluded: Object.keys(keys((at) => `n${at}`, 1)) },
		},
	],
])("%s cost no more than their size", async (_, json) => {
	writeFileSync(file, JSON.stringify(json));
	const read = await loadNamedServers(file).catch(() => undefined);
	for (const entry of Object.values(read?.config.servers ?? {})) {
		const { command, args, env } = entry;
		expect(commandHints({ command, args, env }).length).toBeLessThan(10);
		expect(adviceFor(entry).hints.length).toBeLessThan(10);
	}
});

test("names that stand twice are a few lines, however many they are", async () => {
	const twice = Array(many).fill('"a":{"command":"x"}').join(",");
	writeFileSync(file, `{"mcpServers":{${twice}}}`);
	const { warnings } = await loadNamedServers(file);
	expect(warnings.length).toBeLessThan(30);
	expect(warnings.at(-1)).toMatch(/and \d+ more names that stand twice/);
});

test("a file of more than 8 MiB is refused without reading it", async () => {
	writeFileSync(file, "");
	truncateSync(file, 2 ** 40);
	await expect(loadNamedServers(file)).rejects.toThrow("more than 8388608");
});
