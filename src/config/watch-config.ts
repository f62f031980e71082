import { dirname, resolve } from "node:path";

const debounceMs = 100;

export interface ConfigWatcher {
	/** Fulfilled when changes are noticed from now on, rejected when the file cannot be watched. */
	readonly ready: Promise<void>;
	/** No change is reported after the call. */
	close(): Promise<void>;
}

/**
 * Reports that a file was written, replaced by another (as editors save), removed or made.
 * Changes within 100 ms of each other are one.
 */
export function watchConfig(file: string, onChange: () => void): ConfigWatcher {
	const path = resolve(file);
	const folder = dirname(path);
	let timer: NodeJS.Timeout | undefined;
	let closed = false;

	const start = async () => {
		const { watch } = await import("chokidar");
		// The folder: a watch of the file itself ends when another file takes its place.
		const watcher = watch(folder, {
			depth: 0,
			ignored: (entry) => resolve(entry) !== folder && resolve(entry) !== path,
			ignoreInitial: true,
		});
		watcher.on("all", (_event, entry) => {
			if (closed || resolve(entry) !== path) return;
			clearTimeout(timer);
			timer = setTimeout(onChange, debounceMs);
		});
		return watcher;
	};
	const watching = start();
	const ready = watching.then(
		(watcher) =>
			new Promise<void>((fulfil, reject) => {
				watcher.once("ready", fulfil);
				watcher.on("error", reject);
			}),
	);
	// Who does not ask need not know.
	ready.catch(() => {});

	return {
		ready,
		async close() {
			closed = true;
			clearTimeout(timer);
			const watcher = await watching.catch(() => undefined);
			await watcher?.close();
		},
	};
}
