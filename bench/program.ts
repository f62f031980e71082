import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
	closeSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { markedProcesses } from "./processes.ts";

export interface Program {
	readonly pid: number;
	readonly process: ChildProcess;
	/** How it ended, if it did. */
	ended(): string | undefined;
	stop(): Promise<number>;
}

const stopTimeoutMs = 5_000;
const running = new Set<Kill>();
type Kill = () => void;

// Also on an uncaught error or a signal nothing may stay behind.
process.on("exit", () => {
	for (const kill of running) kill();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
	process.on(signal, () => process.exit(1));

/** Starts a program in a process group of its own. Its stdout goes nowhere, its stderr to a file that is read if it fails. */
export function spawnProgram(options: {
	command: string;
	args: string[];
	/** The argument by which its MCP children are known, wherever they were reparented to. */
	mark: string;
	env?: Record<string, string>;
	/** Whether stdin and stdout are wanted. */
	pipes?: boolean;
}): Program {
	const folder = mkdtempSync(join(tmpdir(), "mcp-edge-bridge-bench-"));
	const errors = join(folder, "stderr");
	const stderr = openSync(errors, "w");
	const io = options.pipes ? "pipe" : "ignore";
	const started = spawn(options.command, options.args, {
		detached: true,
		stdio: [io, io, stderr],
		// Not this process's own: what npm and tsx set there would slow some targets and not others.
		env: {
			PATH: process.env.PATH,
			HOME: process.env.HOME,
			...options.env,
		},
	});
	closeSync(stderr);
	let failure: string | undefined;
	started.on("error", (error) => {
		failure = error.message;
	});
	const pid = started.pid ?? 0;

	const ended = () => {
		if (failure) return failure;
		if (started.exitCode === null && started.signalCode === null) return;
		const lines = readFileSync(errors, "utf8").trim().split("\n").slice(-3);
		return [`exited with ${started.exitCode ?? started.signalCode}`, ...lines]
			.join(" ")
			.slice(0, 300)
			.trim();
	};

	const kill = () => {
		signalProcess(-pid, "SIGKILL");
		for (const { pid } of markedProcesses(options.mark))
			signalProcess(pid, "SIGKILL");
		rmSync(folder, { recursive: true, force: true });
		running.delete(kill);
	};
	running.add(kill);

	return {
		pid,
		process: started,
		ended,
		async stop() {
			if (!ended()) {
				const exit = once(started, "exit");
				started.kill("SIGTERM");
				await Promise.race([
					exit,
					sleep(stopTimeoutMs, undefined, { ref: false }),
				]);
			}
			await childrenGone(options.mark);
			const left = markedProcesses(options.mark).length;
			kill();
			return left;
		},
	};
}

/** Gives the children of a program that has ended a moment to notice. */
async function childrenGone(mark: string): Promise<void> {
	for (let i = 0; i < 20 && markedProcesses(mark).length > 0; i++)
		await sleep(50);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
	// 0 and -0 would be our own group.
	if (pid === 0) return;
	try {
		process.kill(pid, signal);
	} catch {
		// Already gone.
	}
}
