import type { KnownHint, KnownServer } from "./known-server.ts";
import { oneBrowser } from "./known-server.ts";

/** What one has to do with a package of which there are no new versions. */
function archived(instead = "another one", danger = ""): KnownHint {
	return {
		text: `it is archived and no longer maintained${danger}: use ${instead}`,
	};
}

/** An archived server of the protocol's own collection, by its name there. */
function archivedReference(
	name: string,
	instead?: string,
	more: Omit<KnownServer, "hints"> = {},
	danger?: string,
): KnownServer {
	return {
		npm: [`@modelcontextprotocol/server-${name}`],
		images: [`mcp/${name}`],
		programs: [`mcp-server-${name}`],
		isArchived: true,
		hints: [archived(instead, danger)],
		...more,
	};
}

/** Servers of which there are no new versions. */
export const archivedServers: readonly KnownServer[] = [
	archivedReference(
		"postgres",
		'"dbhub" (npm @bytebase/dbhub) or "postgres-mcp" (PyPI)',
		{},
		", and a statement can leave its read-only mode",
	),
	archivedReference(
		"github",
		'"github-mcp-server", a program of github.com/github/github-mcp-server',
	),
	archivedReference("puppeteer", "npm @playwright/mcp or chrome-devtools-mcp", {
		isolation: oneBrowser,
	}),
	archivedReference("brave-search", "npm @brave/brave-search-mcp-server"),
	archivedReference("redis", "PyPI redis-mcp-server"),
	...[
		"aws-kb-retrieval",
		"everart",
		"gdrive",
		"gitlab",
		"google-maps",
		"slack",
	].map((name) => archivedReference(name)),
	{
		pypi: ["mcp-server-sqlite"],
		images: ["mcp/sqlite"],
		programs: ["mcp-server-sqlite"],
		isArchived: true,
		mcp: "1",
		hints: [archived('"dbhub" (npm @bytebase/dbhub), which takes SQLite too')],
	},
	{
		pypi: ["mcp-server-sentry"],
		images: ["mcp/sentry"],
		programs: ["mcp-server-sentry"],
		isArchived: true,
		mcp: "1",
		hints: [archived("npm @sentry/mcp-server")],
	},
];
