import { fileURLToPath } from "node:url";
import { startHttp } from "../http-program.ts";
import { packageVersion } from "../machine.ts";
import type { Target } from "../target.ts";
import { child } from "./child.ts";

const file = fileURLToPath(
	new URL("../node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs", import.meta.url),
);

/** punkpeye's, of npm; sparfenyuk's of the same name is Python. */
export const mcpProxy: Target = {
	name: "mcp-proxy",
	version: packageVersion("node_modules/mcp-proxy/package.json"),
	kind: "peer",
	start: (dialect) =>
		startHttp(
			dialect,
			{ "Streamable HTTP": "/mcp", "HTTP+SSE": "/sse" },
			(port, mark) => ({
				args: [
					file,
					"--host",
					"127.0.0.1",
					"--port",
					String(port),
					"--",
					child.command,
					child.file,
					mark,
				],
			}),
		),
};
