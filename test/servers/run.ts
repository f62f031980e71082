import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../harness/processes.ts";

/** A thing that a proof needs, or why it cannot be had here. */
export type Had<T> = { value: T } | { missing: string };

/** The process groups that run now. */
const groups = new Set<number>();
const stopTimeoutMs = 10_000;

// However this ends, nothing that it has started may stay behind.
process.on("exit", () => {
	for (const group of groups) signalGroup(group, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
	process.on(signal, () => process.exit(1));

interface Options {
	cwd?: string;
	/** Added to this process's own. */
	env?: Record<string, string>;
	timeoutMs?: number;
}

/** Runs a command to its end, and gives its stdout. Throws with the last lines of what it said where it fails. */
export async function run(
	[command = "", ...args]: readonly string[],
	{ cwd, env, timeoutMs = 300_000 }: Options = {},
): Promise<string> {
	const child = spawn(command, args, {
		cwd,
		env: { ...process.env, ...env },
		detached: true,
		stdio: ["ignore", "pipe", "pipe"],
	});
	const { pid } = child;
	if (pid !== undefined) groups.add(pid);
	let stdout = "";
	let said = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (text: string) => {
			if (stream === child.stdout) stdout += text;
			said = (said + text).slice(-4000);
		});
	}
	const timer = setTimeout(() => {
		said += `\nit takes longer than ${timeoutMs / 1000} s`;
		if (pid !== undefined) signalGroup(pid, "SIGKILL");
	}, timeoutMs);
	const [code] = await once(child, "close").finally(() => {
		clearTimeout(timer);
		if (pid !== undefined) groups.delete(pid);
	});
	if (code === 0) return stdout;
	const lines = said.trim().split("\n").slice(-3).join(" / ");
	throw new Error(`${path.basename(command)} ${args[0] ?? ""}: ${lines}`);
}

/** A program in the background. */
export interface Program {
	readonly pid: number;
	/** All that it has said so far. */
	output(): string;
	/** SIGTERM, or another signal, then SIGKILL to its group. Settles when it is gone. */
	stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a program in a process group of its own, and waits until it is ready. */
export async function start(
	[command = "", ...args]: readonly string[],
	isReady: (output: string) => boolean | Promise<boolean>,
	{ cwd, env, timeoutMs = 60_000 }: Options = {},
): Promise<Program> {
	const child = spawn(command, args, {
		cwd,
		env: { ...process.env, ...env },
		detached: true,
		stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "";
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding("utf8").on("data", (text: string) => {
			said += text;
		});
	const exit = once(child, "exit");
	const { pid } = child;
	if (pid === undefined) {
		await exit;
		throw new Error(`${command} cannot be started`);
	}
	groups.add(pid);
	const program: Program = {
		pid,
		output: () => said,
		async stop(signal = "SIGTERM") {
			child.kill(signal);
			const late = delay(stopTimeoutMs, undefined, { ref: false });
			await Promise.race([exit, late]);
			signalGroup(pid, "SIGKILL");
			await exit;
			groups.delete(pid);
		},
	};
	const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
	try {
		await eventually(
			async () => hasEnded() || (await isReady(said)),
			`${path.basename(command)} is not ready`,
			timeoutMs,
		);
		if (hasEnded()) {
			const lines = said.trim().split("\n").slice(-3).join(" / ");
			throw new Error(`${path.basename(command)} has ended: ${lines}`);
		}
	} catch (error) {
		await program.stop();
		throw error;
	}
	return program;
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-group, signal);
	} catch {
		// Already gone.
	}
}

/** What is thrown becomes the reason why the thing is missing. */
export async function attempt<T>(have: () => Promise<T>): Promise<Had<T>> {
	try {
		return { value: await have() };
	} catch (error) {
		return { missing: (error as Error).message };
	}
}
