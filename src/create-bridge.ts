import { join } from "node:path";
import { type Logger, pino } from "pino";
import { Bridge } from "./bridge.ts";
import type { BridgeInput } from "./config/bridge-input.ts";
import { resolveConfig } from "./config/resolve-config.ts";

/**
 * A bridge inside a program of your own:
 *
 * ```ts
 * const bridge = createBridge({ servers: { memory: { command: "mcp-server-memory" } } });
 * bridge.start();
 * export default { fetch: bridge.app.fetch };
 * ```
 *
 * `host` and `port` are only looked at by the Host check: listening is the
 * program's. It has to call `bridge.close()` before it ends.
 *
 * @param options.log a pino logger; default: none
 * @throws {ConfigError} with every problem that the input has
 */
export function createBridge(
	input: BridgeInput,
	{ log = pino({ enabled: false }) }: { log?: Logger } = {},
): Bridge {
	const file = join(process.cwd(), "servers.ts");
	return new Bridge(resolveConfig(input, { file }), log);
}
