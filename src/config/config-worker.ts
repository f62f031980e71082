import { parentPort, workerData } from "node:worker_threads";
import * as configApi from "./config-api.ts";
import { ConfigError } from "./config-error.ts";
import { loadConfig } from "./load-config.ts";
import type { BridgeConfig } from "./resolve-config.ts";

/** What the worker says, once: the config, or the code and message of a ConfigError. */
export type WorkerAnswer =
	| { config: BridgeConfig }
	| { code: ConfigError["code"]; message: string };

/** Loads the config file that `workerData` names, in a worker of {@link loadConfigApart}. */
async function answer(): Promise<WorkerAnswer> {
	try {
		return { config: await loadConfig(String(workerData), configApi) };
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		return { code: error.code, message: error.message };
	}
}

parentPort?.postMessage(await answer());
