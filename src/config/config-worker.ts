import fs from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { CommandServers } from "./command-servers.ts";
import { ConfigError } from "./config-error.ts";
import { type LoadedConfig, loadAnyConfig } from "./load-any-config.ts";

/** What the worker is to load: a typed config, or servers of which a JSON file has some. */
export interface WorkerInput {
	source: string | CommandServers;
	strict: boolean;
}

/** What the worker says, once: the config, or the code and message of a ConfigError; and which files it took to know. */
export type WorkerAnswer = { files: string[] } & (
	| LoadedConfig
	| { code: ConfigError["code"]; message: string }
);

/** Loads what `workerData` names, in a worker of {@link loadConfigApart}. */
async function answer(): Promise<WorkerAnswer> {
	const input: WorkerInput = workerData;
	const filesRead = recordReads();
	try {
		return { ...(await loadAnyConfig(input)), files: filesRead() };
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		const { code, message } = error;
		return { code, message, files: filesRead() };
	}
}

const moduleFile = /\.([cm]?[jt]sx?|json)$/;
/** Not the config's own: what npm has installed, and what jiti asks for the type of a module. */
const foreignFile = /[\\/](node_modules[\\/]|package\.json$)/;

/**
 * Notes the modules that this thread reads from now on. jiti has no hook for
 * that, but reads each by this function, and JSON by `require`.
 */
function recordReads(): () => string[] {
	const paths = new Set<string>();
	const { readFileSync } = fs;
	Object.assign(fs, {
		readFileSync(...args: Parameters<typeof readFileSync>) {
			const [path] = args;
			if (typeof path !== "number")
				paths.add(path instanceof URL ? fileURLToPath(path) : String(path));
			return readFileSync(...args);
		},
	});
	const { cache } = createRequire(import.meta.url);
	const before = new Set(Object.keys(cache));
	return () => {
		const required = Object.keys(cache).filter((path) => !before.has(path));
		return [...paths, ...required]
			.filter((path) => moduleFile.test(path) && !foreignFile.test(path))
			.map((path) => resolve(path));
	};
}

parentPort?.postMessage(await answer());
