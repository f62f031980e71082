import { expect, test } from "vitest";
import { adviceFor } from "../../src/config/advice.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";
import type { ServerInput } from "../../src/config/server-input.ts";

const reference = (name: string) => `@modelcontextprotocol/server-${name}`;
const npx = (...args: string[]) => ({ command: "npx", args: ["-y", ...args] });
const uvx = (...args: string[]) => ({ command: "uvx", args });
const docker = (...args: string[]) => ({
	command: "docker",
	args: ["run", "-i", "--rm", "--init", ...args],
});
const hintsFor = (entry: ServerInput) => adviceFor(entry).hints.join("\n");

const shared = { isolation: "shared" };
const session = { isolation: "session" };
const oneWriter = { ...shared, concurrency: 1 };
const downloads = { startTimeoutMs: 120_000 };
const warm = { warm: 1 };

test.each<[ServerInput, object]>([
	[{ command: "mcp-server-memory" }, oneWriter],
	[npx(reference("memory")), { ...oneWriter, ...downloads }],
	[npx(`${reference("memory")}@2025.1.1`), { ...oneWriter, ...downloads }],
	[
		docker("-v", "m:/app/dist", "mcp/memory:latest"),
		{ ...oneWriter, ...downloads },
	],
	[
		{
			command: "node",
			args: [`node_modules/${reference("memory")}/dist/index.js`],
		},
		oneWriter,
	],
	[{ command: "mcp-server-filesystem", args: ["/srv"] }, shared],
	[docker("mcp/filesystem", "/projects"), { ...shared, ...downloads }],
	[uvx("mcp-server-fetch"), { ...shared, ...downloads }],
	[{ command: "python", args: ["-m", "mcp_server_time"] }, shared],
	[{ command: "mcp-server-git" }, {}],
	[{ command: "playwright-mcp" }, session],
	[docker("mcr.microsoft.com/playwright/mcp"), { ...session, ...downloads }],
	[npx(reference("puppeteer")), { ...session, ...downloads }],
	[npx("chrome-devtools-mcp@latest"), { ...session, ...downloads }],
	[{ command: "dbhub" }, warm],
	[{ command: "/srv/.venv/bin/postgres-mcp" }, { ...warm, stopTimeoutMs: 500 }],
	[{ command: "timescaledb-mcp" }, warm],
	[{ command: "n8n-mcp" }, warm],
	[{ command: "github-mcp-server", args: ["stdio"] }, {}],
	[npx("never-heard-of-it"), downloads],
	[uvx("never-heard-of-it"), downloads],
	[{ command: "never-heard-of-it" }, {}],
	[{ command: "node", args: ["server.js"] }, {}],
])("%j is to be run with %j", (entry, set) => {
	const advice = adviceFor(entry);
	expect(advice.set).toEqual(set);
	expect(Object.keys(advice.reasons)).toEqual(Object.keys(advice.set));
});

test("with its defaults filled in an entry gets the same advice", () => {
	const entries = { a: npx(reference("memory")), b: uvx("postgres-mcp") };
	const { servers } = resolveConfig(
		{ servers: entries },
		{ file: "servers.ts" },
	);
	for (const [name, entry] of Object.entries(entries)) {
		const resolved = servers[name];
		expect(resolved && adviceFor(resolved)).toEqual(adviceFor(entry));
	}
});

test("what the entry says itself is not to be set; where that loses data, a hint says so", () => {
	const own = {
		...npx(reference("memory")),
		startTimeoutMs: 60_000,
		concurrency: 4,
	};
	const { set, hints, danger } = adviceFor({ ...own, isolation: "shared" });
	expect(set).toEqual({});
	expect(hints.join("\n")).toContain("set concurrency to 1");
	expect(danger).toBeUndefined();
	const right = { ...own, isolation: "shared", concurrency: 1 } as const;
	expect(hintsFor(right)).not.toMatch(
		/set (isolation|concurrency|startTimeoutMs)/,
	);
});

test("isolation is not set where warm would then be refused", () => {
	const entry = { command: "mcp-server-memory", warm: 3 };
	const { set, hints, danger } = adviceFor(entry);
	expect(danger).toContain("isolation");
	expect(set).toEqual({ concurrency: 1 });
	expect(hints.join("\n")).toContain(
		'set isolation to "shared", and warm to 1',
	);
});

test("only what loses data or shows them to others is a danger", () => {
	expect(adviceFor({ command: "mcp-server-memory" }).danger).toMatch(
		/isolation to "shared".*concurrency to 1/,
	);
	expect(adviceFor({ command: "playwright-mcp" }).danger).toContain(
		'"session"',
	);
	expect(adviceFor({ command: "mcp-server-filesystem" }).danger).toContain(
		"roots",
	);
	for (const command of ["mcp-server-fetch", "n8n-mcp", "postgres-mcp", "x"])
		expect(adviceFor({ command }).danger).toBeUndefined();
});

test.each<[ServerInput, ...string[]]>([
	[npx(reference("github")), "archived", "github-mcp-server"],
	[npx(reference("postgres")), "archived", "dbhub", "read-only"],
	[npx(reference("puppeteer")), "archived", "@playwright/mcp"],
	[
		npx(reference("brave-search")),
		"archived",
		"@brave/brave-search-mcp-server",
	],
	[npx(reference("slack")), "archived"],
	[npx(reference("gdrive")), "archived"],
	[{ command: "mcp-server-google-maps" }, "archived"],
	[docker("mcp/gitlab"), "archived"],
	[npx(reference("fetch")), "no such package on npm", '"mcp-server-fetch"'],
	[npx(reference("sqlite")), "no such package on npm"],
	[
		uvx("mcp-server-sqlite"),
		"archived",
		'"--with", "mcp<2"',
		"it needs version 1",
	],
	[
		uvx("timescaledb-mcp"),
		'"--with", "mcp<2"',
		"uv tool install --with 'mcp<2' timescaledb-mcp\"",
	],
	[
		uvx("mcp-server-fetch==2025.4.7"),
		"it needs version 1",
		'mcp-server-fetch==2025.4.7"',
	],
	[
		uvx("--with", "mcp<2", "mcp-server-time"),
		"leave it out",
		'"uv tool install mcp-server-time"',
	],
	[
		uvx("never-heard-of-it"),
		"if it fails at its start",
		'"mcp<2"',
		"the program that it brings",
	],
	[
		npx(reference("memory")),
		"MEMORY_FILE_PATH",
		`"npm install ${reference("memory")}"`,
		'"mcp-server-memory"',
	],
	[
		npx("never-heard-of-it@1.2.0"),
		'"npm install never-heard-of-it@1.2.0"',
		"the program that it brings",
	],
	[npx("@playwright/mcp@latest"), '"@latest"', "--headless", "--isolated"],
	[uvx("awslabs.core-mcp-server@latest"), '"@latest"'],
	[{ command: "github-mcp-server" }, '"stdio"', "--toolsets"],
	[{ command: "n8n-mcp" }, "MCP_MODE", "WEBHOOK_SECURITY_MODE", "success"],
	[{ command: "docker", args: ["run", "-i", "x"] }, '"--rm"', '"--init"'],
	[
		{ command: "podman", args: ["run", "-i", "--rm", "x"] },
		'"podman run" without "--init"',
	],
	[
		uvx("mcp-proxy", "https://example.com/sse"),
		"clients reach a remote server without it",
	],
])("%j is told of %s", (entry, ...texts) => {
	for (const text of texts) expect(hintsFor(entry)).toContain(text);
});

test.each<[ServerInput, string]>([
	[npx(reference("github")), "npm install"],
	[
		{ ...npx(reference("memory")), env: { MEMORY_FILE_PATH: "/x" } },
		"MEMORY_FILE_PATH",
	],
	[
		{ ...npx(reference("memory")), inheritEnv: ["MEMORY_FILE_PATH"] },
		"MEMORY_FILE_PATH",
	],
	[docker("mcp/memory"), "MEMORY_FILE_PATH"],
	[docker("-e", "MCP_MODE=stdio", "ghcr.io/czlonkowski/n8n-mcp"), "MCP_MODE"],
	[uvx("mcp-server-fetch"), "version 1 of"],
	[uvx("--with", "mcp<2", "timescaledb-mcp"), "version 1 of"],
	[uvx("--with", "mcp>=1.2,<2", "timescaledb-mcp"), "version 1 of"],
	[uvx("--with=mcp[cli]~=1.9", "timescaledb-mcp"), "version 1 of"],
	[uvx("mcp-atlassian"), "version 1 of"],
	[{ command: "timescaledb-mcp" }, "version 1 of"],
	[docker("ghcr.io/github/github-mcp-server"), '"stdio"'],
	[docker("x"), "--rm"],
	[{ command: "docker", args: ["exec", "-i", "x", "y"] }, "--rm"],
	[npx("@playwright/mcp", "--headless"), "--headless"],
	[{ command: "npx", args: ["./server"] }, "npm install"],
	// Values may be secret.
	[uvx("--from", "git+https://s3cr3t@example.com/x", "x"), "s3cr3t"],
	[uvx("--with", "git+https://s3cr3t@example.com/x", "x"), "s3cr3t"],
	[npx("git+https://s3cr3t@example.com/x"), "s3cr3t"],
])("%j is not told of %s", (entry, text) => {
	expect(hintsFor(entry)).not.toContain(text);
});

test("an installed server with all that it needs is told nothing", () => {
	for (const entry of [
		{
			command: "mcp-server-memory",
			env: { MEMORY_FILE_PATH: "/x" },
			...oneWriter,
		},
		{ command: "mcp-server-filesystem", args: ["/srv"], isolation: "shared" },
		{ command: "node", args: ["server.js"] },
	] as ServerInput[])
		expect(adviceFor(entry)).toMatchObject({
			set: {},
			hints: [],
			danger: undefined,
		});
});
