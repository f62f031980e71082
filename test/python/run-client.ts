import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { root } from "../harness/runtimes.ts";

/** The program of client.py at work. */
export interface PythonClient {
	/** What it has said so far: feature → what was seen of it. */
	readonly seen: ReadonlyMap<string, unknown>;
	/** Settles when it has said this. */
	said(feature: string): Promise<unknown>;
	/** Settles when it has ended. */
	readonly ended: Promise<void>;
}

/** Runs client.py. */
export function runClient(python: string, args: string[]): PythonClient {
	const program = path.join(root, "test/python/client.py");
	const child = spawn(python, [program, ...args], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
	});
	const seen = new Map<string, unknown>();
	const watchers = new Set<() => void>();
	let stderr = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	createInterface(child.stdout).on("line", (line) => {
		const said = JSON.parse(line) as { feature: string; seen: unknown };
		seen.set(said.feature, said.seen);
		for (const watcher of watchers) watcher();
	});
	const ended = new Promise<void>((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => {
			if (code === 0) resolve();
			else reject(new Error(`client.py ended with ${code}: ${stderr}`));
		});
	});
	const said = (feature: string) =>
		new Promise<unknown>((resolve, reject) => {
			const look = () => {
				if (seen.has(feature)) resolve(seen.get(feature));
			};
			watchers.add(look);
			look();
			const missed = () =>
				reject(new Error(`client.py never said ${feature}: ${stderr}`));
			ended.then(missed, missed);
		});
	return { seen, said, ended };
}
