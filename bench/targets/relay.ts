import { fileURLToPath } from "node:url";
import { startHttp } from "../http-program.ts";
import type { Target } from "../target.ts";
import { child } from "./child.ts";

const file = fileURLToPath(new URL("../relay.mjs", import.meta.url));

/** What every other target is a ratio of. */
export const relay: Target = {
	name: "relay",
	version: "relay.mjs",
	kind: "relay",
	start: (dialect) =>
		startHttp(
			dialect,
			{ "Streamable HTTP": "/mcp", "HTTP+SSE": "/sse" },
			(port, mark) => ({
				args: [file, String(port), child.command, child.file, mark],
			}),
		),
};
