// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import { describe, expect, test } from "vitest";
import { commandHints } from "../../src/config/command-hints.ts";

const hints = (
	command: string,
	args: string[] = [],
	env: Record<string, string> = {},
	inherited: Record<string, string> = {},
) => commandHints({ command, args, env, inherited });

test.each<[string, string[], Record<string, string>]>([
	["npx", ["-y", "@scope/server", "/srv/data"], { TOKEN: "abc$def%20x~y" }],
	["/opt/my tools/server", [], {}],
	["sh", ["-c", "exec ~/server $HOME"], {}],
	["node", ["--pattern=^\\w+$", "https://x.example/a%C3%A9b?q=~x"], {}],
	[
		"docker",
		["run", "--rm", "-i", "-e", "TOKEN", "-v", "/a:/b", "img", "-e", "X"],
		{ TOKEN: "x" },
	],
	["docker", ["run", "-ie", "A=1", "--env=B=2", "img"], {}],
	["docker", ["compose", "run", "server"], {}],
])("a command that is right has none: %s %j", (command, args, env) => {
	expect(hints(command, args, env)).toEqual([]);
});

test.each([
	["npx -y foo", '"npx"'],
	["uvx mcp-server-git", '"uvx"'],
	["/usr/bin/node /srv/server.js", '"/usr/bin/node"'],
])("a command line as the command: %s", (command, program) => {
	const [hint, ...more] = hints(command);
	expect(more).toEqual([]);
	expect(hint).toContain(`set it to ${program}`);
	expect(hint).toContain('"args"');
});

test.each<[string, string[], string]>([
	["cmd", ["/c", "npx", "-y", "foo"], 'set "command" to "npx"'],
	["C:\\Windows\\System32\\cmd.exe", ["/C", "npx"], 'set "command" to "npx"'],
	["npx.cmd", ["-y", "foo"], 'set "command" to "npx"'],
	["C:\\Program Files\\nodejs\\node.exe", ["x.js"], "a path of Windows"],
	["node", ["D:/servers/x.js"], '"args"[0] holds a path of Windows'],
	["node", ["--dir=C:\\x"], '"args"[0] holds a path of Windows'],
])("what is for Windows: %s %j", (command, args, text) => {
	expect(hints(command, args).join("\n")).toContain(text);
});

test.each<[string, string[], Record<string, string>, string]>([
	["~/bin/server", [], {}, '"command"'],
	["npx", ["~/notes"], {}, '"args"[0]'],
	["npx", ["--dir=~"], {}, '"args"[0]'],
	["docker", ["run", "-i", "-v", "~/x:/x", "img"], {}, '"args"[3]'],
	["npx", [], { DATA: "~/data" }, '"env"."DATA"'],
])("a ~ that stayed: %s %j %j", (command, args, env, place) => {
	const [hint, ...more] = hints(command, args, env);
	expect(more).toEqual([]);
	expect(hint).toContain(`"~" in ${place}`);
});

test.each([
	["$GITHUB_TOKEN", "GITHUB_TOKEN"],
	["Bearer ${GITHUB_TOKEN}", "GITHUB_TOKEN"],
	["%GITHUB_TOKEN%", "GITHUB_TOKEN"],
	["${input:token}", "token"],
	["${workspaceFolder}/x", "workspaceFolder"],
])("a variable that stayed as text: %s", (text, name) => {
	for (const found of [hints("npx", [text]), hints("npx", [], { A: text })]) {
		expect(found).toHaveLength(1);
		expect(found[0]).toContain(`env("${name}")`);
	}
	expect(hints("npx", [], { SECRET: `hunter2${text}` })[0]).not.toContain(
		"hunter2",
	);
});

describe("docker", () => {
	test.each<[string, string[]]>([
		["docker", ["run", "-i", "--rm", "-e", "TOKEN", "img"]],
		["/usr/bin/docker", ["run", "-i", "--env", "TOKEN", "img"]],
		["podman", ["run", "-i", "--env=TOKEN", "img"]],
		["docker", ["run", "--name", "x", "-ie", "TOKEN", "img"]],
		["docker", ["--context", "y", "container", "run", "-i", "-eTOKEN", "img"]],
		["sudo", ["docker", "exec", "-i", "-e", "TOKEN", "name", "server"]],
	])("%s %j without a value passes nothing, and with one it does", (command, args) => {
		const [hint, ...more] = hints(command, args);
		expect(more).toEqual([]);
		expect(hint).toContain("TOKEN has no value");
		expect(hints(command, args, { TOKEN: "" })).toHaveLength(1);
		expect(hints(command, args, { TOKEN: "x" })).toEqual([]);
		expect(hints(command, args, {}, { TOKEN: "x" })).toEqual([]);
	});

	test.each<[string[]]>([
		[["run", "--rm", "img"]],
		[["run", "img", "-i"]],
		[["run", "--interactive=false", "img"]],
		[["exec", "-q", "name", "server"]],
	])("%j has no stdin", (args) => {
		expect(hints("docker", args)).toEqual([
			expect.stringContaining('put "-i" behind'),
		]);
	});

	test.each<[string[]]>([
		[["run", "-it", "img"]],
		[["exec", "-i", "--tty", "name", "server"]],
	])("%j wants a terminal", (args) => {
		expect(hints("docker", args)).toEqual([
			expect.stringContaining('leave "-t" out'),
		]);
	});
});
