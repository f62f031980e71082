import { fileURLToPath } from "node:url";
import { defineServers } from "mcp-edge-bridge";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineServers({
	servers: {
		/** Reads and writes files below `data/files`. */
		filesystem: {
			command: "mcp-server-filesystem",
			args: [here("data/files")],
			// A client that shares it cannot replace its folders by roots of its own.
			isolation: "shared",
		},
		/** A knowledge graph in one file, which it writes without a lock: one child, one request at a time. */
		memory: {
			command: "mcp-server-memory",
			env: { MEMORY_FILE_PATH: here("data/memory.jsonl") },
			isolation: "shared",
			concurrency: 1,
		},
		/** Every feature of the protocol, to try a client with. */
		everything: { command: "mcp-server-everything" },
	},
});
