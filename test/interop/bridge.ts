import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { freePort } from "../harness/free-port.ts";
import { bridgeCommand } from "../harness/runtimes.ts";
import type { ServerInput } from "../harness/start-bridge.ts";
import { start } from "../servers/run.ts";
import { scratch } from "../servers/scratch.ts";

/** A bridge at one address, which can be killed and started again. */
export interface Bridge {
	/** `http://127.0.0.1:PORT`, without a path. */
	readonly url: string;
	/** SIGKILL, and a new bridge at the same address with the same session key. */
	restart(): Promise<void>;
	stop(): Promise<void>;
}

/** Starts the built bridge on Node with these servers. */
export async function startBridge(
	servers: Record<string, ServerInput>,
): Promise<Bridge> {
	const port = await freePort();
	const config = scratch(`servers-${port}.ts`);
	writeFileSync(
		config,
		`import { defineServers } from "mcp-edge-bridge";\n\nexport default defineServers(${JSON.stringify({ port, servers }, null, "\t")});\n`,
	);
	const env = {
		MCP_EDGE_BRIDGE_SESSION_KEY: randomBytes(32).toString("base64"),
	};
	const startAgain = () =>
		start(
			[...bridgeCommand("node"), "--config", config, "--log-level", "warn"],
			(output) => output.includes("is listening on"),
			{ env },
		);
	let running = await startAgain();
	return {
		url: `http://127.0.0.1:${port}`,
		async restart() {
			await running.stop("SIGKILL");
			running = await startAgain();
		},
		stop: () => running.stop(),
	};
}
