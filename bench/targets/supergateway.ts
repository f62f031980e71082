import { fileURLToPath } from "node:url";
import { startHttp } from "../http-program.ts";
import { packageVersion } from "../machine.ts";
import type { Target } from "../target.ts";
import { child } from "./child.ts";

const file = fileURLToPath(
	new URL("../node_modules/supergateway/dist/index.js", import.meta.url),
);

/** One transport per process, and no way to bind loopback only. Its log, which holds every payload, is switched off. */
export const supergateway: Target = {
	name: "supergateway",
	version: packageVersion("node_modules/supergateway/package.json"),
	kind: "peer",
	start: (dialect) =>
		startHttp(
			dialect,
			{ "Streamable HTTP": "/mcp", "HTTP+SSE": "/sse" },
			(port, mark) => ({
				args: [
					file,
					"--stdio",
					`${child.command} "${child.file}" ${mark}`,
					...(dialect === "HTTP+SSE"
						? ["--outputTransport", "sse"]
						: ["--outputTransport", "streamableHttp", "--stateful"]),
					"--port",
					String(port),
					"--logLevel",
					"none",
				],
			}),
		),
};
