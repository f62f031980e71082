import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { CommandServers } from "./command-servers.ts";
import { ConfigError } from "./config-error.ts";
import type { Reading } from "./config-reader.ts";
import type { WorkerAnswer, WorkerInput } from "./config-worker.ts";
import { type LoadedConfig, loadAnyConfig } from "./load-any-config.ts";

/** Beside this file, in the language of this file. */
const worker = new URL(
	`./config-worker${extname(import.meta.url)}`,
	import.meta.url,
);

/** For what the file waits for while it runs, and a machine that is busy. */
const loadTimeoutMs = 30_000;

/**
 * As `loadAnyConfig`, in a thread of its own that ends with it: the compiler
 * that it takes to read TypeScript holds some 30 MB, which a long-lived bridge
 * has no use for, and what the file leaves running, a timer or a connection,
 * ends with the thread. So does a file that never comes to its end, or one so
 * large that clients would have to wait while it is read.
 *
 * @throws {ConfigError}
 */
export async function loadConfigApart(
	source: string | CommandServers,
	{ files, signal }: Reading,
	strict = false,
): Promise<LoadedConfig> {
	const file = typeof source === "string" ? source : source.file;
	const workerData: WorkerInput = { source, strict };
	const thread = new Worker(worker, { workerData });
	const exited = once(thread, "exit").then(() => {
		throw new ConfigError(
			"CONFIG_NOT_LOADABLE",
			`Cannot load config "${file}": it ends the thread that reads it (does it call process.exit()?)`,
		);
	});
	let timer: NodeJS.Timeout | undefined;
	const stopped = new Promise<never>((_, reject) => {
		const stop = () =>
			reject(
				new ConfigError(
					"CONFIG_TIMED_OUT",
					`Cannot load config "${file}": it has not come to its end within ${loadTimeoutMs / 1000} s (does it wait for something that never comes, or loop?)`,
				),
			);
		timer = setTimeout(stop, loadTimeoutMs);
		signal.addEventListener("abort", stop, { once: true });
	});
	// What comes after the answer is nobody's error.
	for (const end of [exited, stopped]) end.catch(() => {});
	try {
		const answered = once(thread, "message") as Promise<[WorkerAnswer]>;
		const [answer] = await Promise.race([answered, exited, stopped]);
		for (const path of answer.files) files.add(path);
		if ("config" in answer) {
			const { config, warnings } = answer;
			return { config, warnings };
		}
		throw new ConfigError(answer.code, answer.message);
	} catch (error) {
		// `npm run dev` on Node below 22.18: tsx reads TypeScript in the main thread only.
		const { code } = error as NodeJS.ErrnoException;
		if (code !== "ERR_UNKNOWN_FILE_EXTENSION") throw error;
		return await Promise.race([loadAnyConfig(workerData), stopped]);
	} finally {
		clearTimeout(timer);
		// Not waited for: a thread that waits for a program (execSync) ends after that.
		void thread.terminate();
	}
}
