import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { ConfigError } from "./config-error.ts";
import type { WorkerAnswer } from "./config-worker.ts";
import type { BridgeConfig } from "./resolve-config.ts";

/** Beside this file, in the language of this file. */
const worker = new URL(
	`./config-worker${extname(import.meta.url)}`,
	import.meta.url,
);

/**
 * As `loadConfig`, in a thread of its own that ends with it: the compiler that
 * it takes to read TypeScript holds some 30 MB, which a long-lived bridge has
 * no use for, and what the file leaves running, a timer or a connection, ends
 * with the thread.
 *
 * @throws {ConfigError}
 */
export async function loadConfigApart(file: string): Promise<BridgeConfig> {
	const thread = new Worker(worker, { workerData: file });
	const exited = once(thread, "exit").then(() => {
		throw new ConfigError(
			"CONFIG_NOT_LOADABLE",
			`Cannot load config "${file}": it ends the thread that reads it (does it call process.exit()?)`,
		);
	});
	// Its end after the answer is nobody's error.
	exited.catch(() => {});
	try {
		const answered = once(thread, "message") as Promise<[WorkerAnswer]>;
		const [answer] = await Promise.race([answered, exited]);
		if ("config" in answer) return answer.config;
		throw new ConfigError(answer.code, answer.message);
	} catch (error) {
		// `npm run dev` on Node below 22.18: tsx reads TypeScript in the main thread only.
		const { code } = error as NodeJS.ErrnoException;
		if (code !== "ERR_UNKNOWN_FILE_EXTENSION") throw error;
		const [{ loadConfig }, configApi] = await Promise.all([
			import("./load-config.ts"),
			import("./config-api.ts"),
		]);
		return await loadConfig(file, configApi);
	} finally {
		await thread.terminate();
	}
}
