import { spawn } from "node:child_process";
import { bridgeCommand } from "./runtimes.ts";

/** What a command has said, and its exit code. */
export interface Outcome {
	code: number | null;
	stdout: string;
	stderr: string;
}

/**
 * Runs a command of the program to its end under the project's runtime, outside of any terminal.
 *
 * @param options.input what is on its stdin
 * @param options.onStderr gets all of stderr so far, and what sends a signal
 */
export function runCommand(
	args: readonly string[],
	{
		env = {},
		input = "",
		onStderr = () => {},
	}: {
		env?: Record<string, string>;
		input?: string;
		onStderr?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void;
	} = {},
): Promise<Outcome> {
	const [command, ...first] = bridgeCommand();
	const child = spawn(command, [...first, ...args], {
		env: {
			...process.env,
			DENO_NO_UPDATE_CHECK: "1",
			NO_COLOR: "1",
			...env,
		},
		stdio: "pipe",
	});
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		stdout += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
		onStderr(stderr, (signal) => child.kill(signal));
	});
	child.stdin.on("error", () => {});
	child.stdin.end(input);
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => resolve({ code, stdout, stderr }));
	});
}
