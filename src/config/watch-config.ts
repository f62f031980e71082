import { dirname, resolve } from "node:path";

/** For what no event tells of: files in other folders, network drives, a folder that was replaced. */
const lookEveryMs = 2000;

export interface ConfigWatcher {
	/** Nothing is called after it. */
	close(): void;
}

/**
 * Calls `look` now, at each event of a file, and every 2 s: whether something
 * has changed is for `look` to find out.
 *
 * @param deaf called when there are no events, so that only the 2 s are left
 */
export function watchConfig(
	file: string,
	look: () => void,
	deaf: (error: unknown) => void,
): ConfigWatcher {
	let isClosed = false;
	const wake = () => {
		if (!isClosed) look();
	};
	const timer = setInterval(wake, lookEveryMs);
	timer.unref();
	const watching = follow(resolve(file), wake, (error) => {
		if (!isClosed) deaf(error);
	});
	wake();
	return {
		close() {
			isClosed = true;
			clearInterval(timer);
			void watching.then((watcher) => watcher.close());
		},
	};
}

async function follow(
	path: string,
	wake: () => void,
	deaf: (error: unknown) => void,
) {
	// Loaded when the bridge runs, not before its first answer.
	const { watch } = await import("chokidar");
	const folder = dirname(path);
	// The folder: a watch of the file itself ends when another file takes its place.
	return watch(folder, {
		depth: 0,
		ignored: (entry) => resolve(entry) !== folder && resolve(entry) !== path,
		ignoreInitial: true,
	})
		.on("all", wake)
		.on("ready", wake)
		.on("error", deaf);
}
