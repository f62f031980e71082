import { execFile } from "node:child_process";
import path from "node:path";
import { root } from "../harness/runtimes.ts";

/** The folder that these tests are about. */
export const deployFolder = path.join(root, "wrangler-free-deploy");

/** How a command ended, and what it said on stdout and stderr. */
export interface Ended {
	code: number;
	stdout: string;
	stderr: string;
}

/**
 * Runs a command to its end.
 *
 * @param options.env added to the environment
 */
export function run(
	command: string,
	args: readonly string[],
	options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
	return new Promise((resolve, reject) => {
		execFile(
			command,
			args,
			{
				cwd: options.cwd ?? deployFolder,
				env: { ...process.env, NO_COLOR: "1", ...options.env },
				maxBuffer: 16 * 1024 * 1024,
			},
			(error, stdout, stderr) => {
				const { code = 0 } = (error ?? {}) as { code?: unknown };
				if (typeof code === "number") resolve({ code, stdout, stderr });
				else reject(error);
			},
		);
	});
}
