/**
 * What `import … from "mcp-edge-bridge"` gives: the typed config, and the
 * bridge itself for programs that bring their own HTTP server.
 */

export type { Bridge } from "./bridge.ts";
export type { BridgeInput } from "./config/bridge-input.ts";
export { ConfigError } from "./config/config-error.ts";
export { defineServers } from "./config/define-servers.ts";
export { env } from "./config/env.ts";
export type { FilterInput } from "./config/server-filters.ts";
export type { ServerInput } from "./config/server-input.ts";
export { createBridge } from "./create-bridge.ts";
