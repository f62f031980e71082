/**
 * What `import … from "mcp-edge-bridge"` gives: the typed config, and the
 * bridge itself for programs that bring their own HTTP server.
 */

export type { Bridge } from "./bridge.ts";
export { ConfigError } from "./config/config-error.ts";
export {
	type BridgeInput,
	defineServers,
	type FilterInput,
	type ServerInput,
} from "./config/define-servers.ts";
export { env } from "./config/env.ts";
export { createBridge } from "./create-bridge.ts";
