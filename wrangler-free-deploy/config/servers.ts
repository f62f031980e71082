import { mkdirSync } from "node:fs";
import { defineServers, env } from "mcp-edge-bridge";

/** What servers may write: the volume in the container, the StateDirectory under systemd. */
const data = env("DATA_DIR");
const files = `${data}/files`;
// The server does not start without its folder.
mkdirSync(files, { recursive: true });

export default defineServers({
	// Names with a dot under which clients, or the proxy, call the bridge.
	allowedHosts: env("ALLOWED_HOSTS", "localhost").split(","),
	servers: {
		filesystem: {
			command: "mcp-server-filesystem",
			args: [files],
			cwd: data,
			isolation: "shared",
			warm: 1,
		},
		memory: {
			command: "mcp-server-memory",
			env: { MEMORY_FILE_PATH: `${data}/memory.jsonl` },
			cwd: data,
			isolation: "shared",
			concurrency: 1,
			warm: 1,
		},
		fetch: {
			command: "mcp-server-fetch",
			// Without Node on its PATH it does not run "npm install" at its first page.
			env: { PATH: "/opt/servers/.venv/bin" },
			cwd: data,
			warm: 1,
		},
	},
});
