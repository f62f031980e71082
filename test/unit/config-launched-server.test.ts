import { expect, test } from "vitest";
import { launchedServer } from "../../src/config/launched-server.ts";

const memory = "@modelcontextprotocol/server-memory";

test.each<[command: string, args: string[], found: string]>([
	["npx", ["-y", memory], `npm ${memory}`],
	[
		"npx",
		[`--yes`, "--", `${memory}@2026.8.31`, "a"],
		`npm ${memory} 2026.8.31`,
	],
	[
		"/Users/x/.asdf/shims/npx",
		["-p", `${memory}@latest`, "mcp-server-memory"],
		`npm ${memory} latest`,
	],
	["npx", [`--package=${memory}`, "mcp-server-memory"], `npm ${memory}`],
	["npx", ["-y", "-c", "mcp-server-memory --x"], "program mcp-server-memory"],
	["npx.cmd", ["-y", memory], `npm ${memory}`],
	["cmd", ["/c", "npx", "-y", memory], `npm ${memory}`],
	["npx -y n8n-mcp", [], "npm n8n-mcp"],
	["bunx", [memory], `npm ${memory}`],
	["bun", ["x", memory], `npm ${memory}`],
	["pnpm", ["dlx", memory], `npm ${memory}`],
	["npm", ["exec", "--", memory], `npm ${memory}`],
	["deno", ["run", "-A", `npm:${memory}@1.0.0`, "x"], `npm ${memory} 1.0.0`],
	["node", [`/srv/node_modules/${memory}/dist/index.js`], `npm ${memory}`],
	["/srv/node_modules/.bin/mcp-server-memory", [], "program mcp-server-memory"],
	["sudo", ["-E", "mcp-server-memory"], "program mcp-server-memory"],
	["env", ["A=b", "npx", "-y", memory], `npm ${memory}`],
	["bash", ["-lc", `cd /x && exec npx -y '${memory}' a`], `npm ${memory}`],
	["uvx", ["mcp-server-fetch"], "pypi mcp-server-fetch"],
	[
		"uvx",
		["mcp_server.fetch[x]==2025.4.7"],
		"pypi mcp-server-fetch ==2025.4.7",
	],
	[
		"uvx",
		["--python", "3.12", "mcp-server-fetch@latest"],
		"pypi mcp-server-fetch latest",
	],
	["uvx", ["--from", "postgres-mcp>=0.3", "start"], "pypi postgres-mcp >=0.3"],
	[
		"uv",
		["tool", "run", "--with", "mcp<2", "mcp-server-git", "x"],
		"pypi mcp-server-git",
	],
	["pipx", ["run", "mcp-server-git"], "pypi mcp-server-git"],
	[
		"uvx",
		["git+https://t:oken@example.com/x"],
		"pypi git+https://t:oken@example.com/x git+https://t:oken@example.com/x",
	],
	[
		"uv",
		["--directory", "/x", "run", "--extra=a", "mcp-server-git"],
		"program mcp-server-git",
	],
	[
		"uv",
		["run", "--with", "x", "python", "-m", "mcp_server_git"],
		"pypi mcp-server-git",
	],
	[
		"python3.12",
		["-u", "-m", "mcp_server_fetch", "-x"],
		"pypi mcp-server-fetch",
	],
	[
		"docker",
		["run", "-i", "--rm", "-e", "A", "mcp/memory:1.0"],
		"image mcp/memory 1.0",
	],
	[
		"podman",
		["run", "-v=/a:/b", "docker.io/mcp/Memory@sha256:ab"],
		"image mcp/memory",
	],
	[
		"docker",
		["run", "reg.example:5000/a/b", "arg"],
		"image reg.example:5000/a/b",
	],
	[
		"docker",
		["exec", "-i", "box", "uvx", "mcp-server-git"],
		"pypi mcp-server-git",
	],
	["docker exec -i box python -m zen_server", [], "pypi zen-server"],
	["/opt/my tools/server", [], "program server"],
])("%s %j is %s", (command, args, found) => {
	const { source, name, version } = launchedServer(command, args) ?? {};
	expect([source, name, version].filter(Boolean).join(" ")).toBe(found);
});

test.each<[string, string[]]>([
	["node", ["server.js", "-m", "mcp_server_fetch"]],
	["python", ["server.py"]],
	["docker", ["compose", "run", "memory"]],
	["docker", ["run"]],
	["docker", ["mcp", "gateway", "run"]],
	["npx", []],
	["npx", ["-y", "./server"]],
	["uvx", ["--from", ".", "server"]],
	["sh", ["-c", ""]],
	["sh", ["script"]],
	["", []],
])("what does not show its program is none: %s %j", (command, args) => {
	expect(launchedServer(command, args)).toBeUndefined();
});

test("a runner's options are not the server's own arguments", () => {
	expect(
		launchedServer("uvx", [
			"--with",
			"a,mcp>=1,<2",
			"--with=b",
			"-p",
			"3.12",
			"x",
			"--with",
			"c",
		]),
	).toMatchObject({
		runner: "uvx",
		with: ["a", "mcp>=1,<2", "b"],
		args: ["--with", "c"],
	});
	expect(launchedServer("npm", ["exec", "-y", "x", "--", "-a"])).toMatchObject({
		runner: "npm exec",
		with: [],
		args: ["--", "-a"],
	});
	expect(launchedServer("mcp-server-time", ["-a"])).toMatchObject({
		runner: undefined,
		args: ["-a"],
	});
});
