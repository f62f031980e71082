import { spawn } from "node:child_process";
import { afterAll } from "vitest";
import { eventually } from "./processes.ts";
import { bridgeCommand } from "./runtimes.ts";

/** The bridge's program, run by a command line of the test's own. */
export interface Program {
	stdout: string;
	stderr: string;
	/** Its exit code, once all of its output is there. */
	readonly exited: Promise<number | null>;
	write(text: string): void;
	/** Closes its stdin. */
	endInput(): void;
	stop(): Promise<number | null>;
}

export interface RunOptions {
	cwd?: string;
	/** Added to the environment. */
	env?: Record<string, string>;
}

const running = new Set<Program>();
afterAll(async () => {
	await Promise.all([...running].map((program) => program.stop()));
});

/** Starts it. It is ended after the test file at the latest. */
export function runProgram(
	args: readonly string[],
	{ cwd, env = {} }: RunOptions = {},
): Program {
	const [command, ...first] = bridgeCommand();
	const child = spawn(command, [...first, ...args], {
		...(cwd !== undefined && { cwd }),
		env: {
			...process.env,
			DENO_NO_UPDATE_CHECK: "1",
			NO_COLOR: "1",
			...env,
		},
		stdio: "pipe",
	});
	const exited = new Promise<number | null>((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => {
			running.delete(program);
			resolve(code);
		});
	});
	const program: Program = {
		stdout: "",
		stderr: "",
		exited,
		write: (text) => child.stdin.write(text),
		endInput: () => child.stdin.end(),
		stop() {
			child.kill("SIGTERM");
			return exited;
		},
	};
	running.add(program);
	child.stdin.on("error", () => {});
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		program.stdout += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		program.stderr += text;
	});
	return program;
}

/** Runs it until it listens; gives the URL that it says. */
export async function listeningProgram(
	...args: Parameters<typeof runProgram>
): Promise<{ program: Program; url: string }> {
	const program = runProgram(...args);
	let isOver = false;
	void program.exited.then(() => {
		isOver = true;
	});
	const url = await eventually(
		() => {
			if (isOver) throw new Error(`It has ended: ${program.stderr}`);
			if (!/\(SSE: .*\)\n$/.test(program.stdout)) return undefined;
			return /listening on (\S+)/.exec(program.stdout)?.[1];
		},
		() => `it listens: ${program.stdout}${program.stderr}`,
		30_000,
	);
	return { program, url };
}
