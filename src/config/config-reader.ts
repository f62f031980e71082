import { resolve } from "node:path";
import { FileStamps } from "./file-stamps.ts";

/** One reading of a config. */
export interface Reading {
	/** Gets the absolute path of each file that is read besides the config itself. */
	readonly files: Set<string>;
	/** Aborted when nobody waits for the outcome any more. */
	readonly signal: AbortSignal;
}

/** Reads a config again and again, and knows whether what it has read is still what the files say. */
export class ConfigReader<Config> {
	readonly #file: string;
	readonly #load: (reading: Reading) => Promise<Config>;
	readonly #stamps = new FileStamps();
	/** Stamp by file. What was read is at least as new. */
	#read: ReadonlyMap<string, string>;

	constructor(file: string, load: (reading: Reading) => Promise<Config>) {
		this.#file = resolve(file);
		this.#load = load;
		this.#read = new Map([[this.#file, ""]]);
	}

	/** Rejected as the load is. */
	async read(signal = new AbortController().signal): Promise<Config> {
		const startedAt = Date.now();
		const known = await Promise.all(
			[...this.#read.keys()].map(
				async (path) => [path, (await this.#stamps.of(path)).text] as const,
			),
		);
		this.#read = new Map(known);
		// Where it is a link, the load may name its target only.
		const files = new Set([this.#file]);
		try {
			const config = await this.#load({ files, signal });
			await this.#replaceFiles(files, startedAt);
			return config;
		} catch (error) {
			// Where it failed, it may not have come to all of its files.
			for (const [path] of known) files.add(path);
			await this.#replaceFiles(files, startedAt);
			throw error;
		}
	}

	/** Whether a reading now would find the files as the last one did, be it one that failed. */
	async isCurrent(): Promise<boolean> {
		const same = await Promise.all(
			[...this.#read].map(
				async ([path, text]) => (await this.#stamps.of(path)).text === text,
			),
		);
		return !same.includes(false);
	}

	async #replaceFiles(
		files: ReadonlySet<string>,
		startedAt: number,
	): Promise<void> {
		const stamped = await Promise.all(
			[...files].map(async (path) => {
				const before = this.#read.get(path);
				if (before !== undefined) return [path, before] as const;
				// Nobody knew of it before it was read: where it is so new, it may have been read before it was written.
				const stamp = await this.#stamps.of(path);
				return [path, stamp.isNewerThan(startedAt) ? "" : stamp.text] as const;
			}),
		);
		this.#read = new Map(stamped);
	}
}
