import { bridgeCommand } from "../harness/runtimes.ts";
import { type Program, start } from "./run.ts";

export interface RunningBridge extends Program {
	readonly url: string;
	readonly version: string;
}

const listening = /^(mcp-edge-bridge .*) is listening on (\S+)/m;

/** Starts the bridge with this config. */
export async function startBridge(
	config: string,
	env: Record<string, string>,
): Promise<RunningBridge> {
	const program = await start(
		[...bridgeCommand("node"), "--config", config, "--port", "0"],
		(output) => listening.test(output),
		{ env },
	);
	const [, version = "", url = ""] = listening.exec(program.output()) ?? [];
	return { ...program, url, version };
}
