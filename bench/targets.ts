import type { Target } from "./target.ts";
import { bridge } from "./targets/bridge.ts";
import { direct } from "./targets/direct.ts";
import { mcpProxy } from "./targets/mcp-proxy.ts";
import { relay } from "./targets/relay.ts";
import { supergateway } from "./targets/supergateway.ts";

/** In the order they are run and shown. */
export const targets: readonly Target[] = [
	direct,
	relay,
	bridge,
	supergateway,
	mcpProxy,
];
