import { fileURLToPath } from "node:url";
import { defineServers, env } from "mcp-edge-bridge";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineServers({
	servers: {
		/** Reads and writes files below one folder. */
		filesystem: {
			command: "mcp-server-filesystem",
			args: [env("FILES_DIR", here("files"))],
			// It takes a client's roots as a permission: on a shared child the folder above stays the limit.
			isolation: "shared",
			warm: 1,
		},

		/** Loki's log lines and Netdata's figures. */
		monitoring: {
			command: "node",
			args: [here("monitoring/index.mjs")],
			env: { LOKI_URL: env("LOKI_URL"), NETDATA_URL: env("NETDATA_URL") },
			warm: 1,
		},

		/** A knowledge graph in one file. */
		memory: {
			command: "mcp-server-memory",
			env: { MEMORY_FILE_PATH: env("MEMORY_FILE", here("data/memory.jsonl")) },
			// It reads and writes the whole file without a lock: two children, or two requests, lose each other's writes.
			isolation: "shared",
			concurrency: 1,
			warm: 1,
		},

		/** Web pages as Markdown. */
		fetch: {
			command: here(".venv/fetch/bin/mcp-server-fetch"),
			// Without this it refuses loopback and private addresses, which is right unless pages of your own are wanted.
			args: env("FETCH_PRIVATE", "") === "1" ? ["--allow-private-ips"] : [],
			warm: 1,
		},

		/** Repositories, issues, pull requests. */
		github: {
			command: "github-mcp-server",
			// It serves nothing on stdio without this.
			args: ["stdio"],
			env: {
				GITHUB_PERSONAL_ACCESS_TOKEN: env("GITHUB_TOKEN"),
				GITHUB_HOST: env("GITHUB_HOST", "https://github.com"),
			},
			warm: 1,
		},

		/** SQL that only reads; dbhub.toml says so. */
		postgres: {
			command: "dbhub",
			args: ["--transport", "stdio", "--config", here("dbhub.toml")],
			env: { POSTGRES_DSN: env("POSTGRES_DSN") },
			warm: 1,
		},

		/** Workflows of an n8n, and the documentation of its nodes. */
		n8n: {
			command: "node",
			// Not the package's own command: that one does not end with its stdin.
			args: [here("node_modules/n8n-mcp/dist/mcp/stdio-wrapper.js")],
			env: {
				N8N_API_URL: env("N8N_API_URL"),
				N8N_API_KEY: env("N8N_API_KEY"),
				// "strict", its default, refuses localhost; "permissive" lets private addresses pass as well.
				WEBHOOK_SECURITY_MODE: env("N8N_SECURITY_MODE", "moderate"),
				MCP_MODE: "stdio",
				LOG_LEVEL: "error",
				DISABLE_CONSOLE_OUTPUT: "true",
				N8N_MCP_TELEMETRY_DISABLED: "true",
			},
			warm: 1,
		},

		/** A browser. */
		playwright: {
			command: "playwright-mcp",
			args: [
				"--headless",
				"--isolated",
				"--executable-path",
				env("CHROMIUM", "/usr/bin/chromium"),
				// Chromium's own sandbox does not work for root, whose bridge has to do without.
				...(env("CHROMIUM_SANDBOX", "1") === "0" ? ["--no-sandbox"] : []),
			],
			// It writes .playwright-mcp/ there.
			cwd: "data",
			// One page for all would be everybody's page.
			isolation: "session",
			warm: 1,
			// Half a gigabyte each, and some clients never end their sessions.
			maxChildren: 8,
			idleTimeoutMs: 900_000,
		},

		/** Hypertables and time buckets. */
		timescaledb: {
			command: here(".venv/timescaledb/bin/timescaledb-mcp"),
			env: {
				TIMESCALEDB_HOST: env("TIMESCALEDB_HOST"),
				TIMESCALEDB_PORT: env("TIMESCALEDB_PORT", "5432"),
				TIMESCALEDB_DATABASE: env("TIMESCALEDB_DATABASE"),
				TIMESCALEDB_USER: env("TIMESCALEDB_USER"),
				TIMESCALEDB_PASSWORD: env("TIMESCALEDB_PASSWORD"),
			},
			// It exits while its database is down. A warm child is started again by itself, with growing waits.
			warm: 1,
		},
	},
});
