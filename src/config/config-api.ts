/** What `import … from "mcp-edge-bridge"` gives inside a config: all of it that describes servers. */
export { ConfigError } from "./config-error.ts";
export { defineServers } from "./define-servers.ts";
export { env } from "./env.ts";
