import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";

export interface Machine {
	readonly date: string;
	readonly node: string;
	readonly system: string;
	readonly processor: string;
	readonly cores: number;
	readonly memoryGB: number;
	/** Processes that wanted a core in the minute before; above the cores, the numbers are worth little. */
	readonly load: number;
}

export function machine(): Machine {
	const cores = cpus();
	return {
		date: new Date().toISOString(),
		node: process.version,
		system: `${type()} ${release()}`,
		processor: cores[0]?.model.trim() ?? "unknown",
		cores: cores.length,
		memoryGB: Math.round(totalmem() / 1e9),
		load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
	};
}

/** Of the `package.json` at a path relative to this folder. */
export function packageVersion(path: string): string {
	try {
		return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"))
			.version;
	} catch {
		return "not installed";
	}
}
