import type { BridgeInput } from "./bridge-input.ts";

/**
 * The config of a bridge, with completion and type errors in the editor:
 *
 * ```ts
 * import { defineServers, env } from "mcp-edge-bridge";
 *
 * export default defineServers({
 *   servers: {
 *     memory: { command: "npx", args: ["-y", "@modelcontextprotocol/server-memory"], concurrency: 1 },
 *     github: { command: "github-mcp-server", args: ["stdio"], env: { TOKEN: env("GITHUB_TOKEN") } },
 *   },
 * });
 * ```
 *
 * It returns its argument; values are checked when the config is loaded.
 */
export function defineServers(input: BridgeInput): BridgeInput {
	return input;
}
