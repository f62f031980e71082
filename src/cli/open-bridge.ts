import { constants } from "node:os";
import type { Logger } from "pino";
import { Bridge } from "../bridge.ts";
import type { BridgeConfig } from "../config/resolve-config.ts";
import { killGuarded } from "../spawn/process/guardian.ts";

const open = new Set<Bridge>();

/** A bridge inside a command, which listens nowhere. A signal ends it, and the command with it: nothing is left running. */
export function openBridge(config: BridgeConfig, log: Logger): Bridge {
	if (open.size === 0) {
		for (const signal of signals) process.on(signal, end);
		process.on("exit", killGuarded);
	}
	const bridge = new Bridge(config, log);
	open.add(bridge);
	return bridge;
}

/** Ends it and its children. */
export async function closeBridge(bridge: Bridge): Promise<void> {
	await bridge.close();
	open.delete(bridge);
	if (open.size > 0) return;
	for (const signal of signals) process.off(signal, end);
	process.off("exit", killGuarded);
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** At the second signal at once. */
let ending = false;

function end(signal: NodeJS.Signals): void {
	const exit = () => process.exit(128 + constants.signals[signal]);
	if (ending) exit();
	ending = true;
	void Promise.all([...open].map((bridge) => bridge.close())).finally(exit);
}
