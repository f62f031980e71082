import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startHttp } from "../http-program.ts";
import { packageVersion } from "../machine.ts";
import type { Dialect, Running, Target } from "../target.ts";

const file = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
const config = fileURLToPath(new URL("../servers.ts", import.meta.url));

export const bridge: Target = {
	name: "mcp-edge-bridge",
	version: packageVersion("../package.json"),
	kind: "bridge",
	start: (dialect) => startBridge(dialect),
};

/**
 * Starts the bridge as it was built.
 *
 * @param env further variables of its environment
 */
export async function startBridge(
	dialect: Dialect,
	env: Record<string, string> = {},
): Promise<Running> {
	if (!existsSync(file))
		throw new Error("dist/index.js does not exist (run npm run build)");
	return startHttp(
		dialect,
		{
			"Streamable HTTP": "/servers/bench/mcp",
			"HTTP+SSE": "/servers/bench/sse",
		},
		(port, mark) => ({
			args: [file, "--config", config, "--port", String(port)],
			env: { ...env, BENCH_MARK: mark },
		}),
	);
}
