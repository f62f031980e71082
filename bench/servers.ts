import { fileURLToPath } from "node:url";
import { defineServers } from "mcp-edge-bridge";

export default defineServers({
	servers: {
		bench: {
			command: "node",
			args: [
				fileURLToPath(new URL("bench-server.mjs", import.meta.url)),
				// Tells the children of this run from everybody else's.
				process.env.BENCH_MARK ?? "",
			],
			isolation: "auto",
		},
	},
});
