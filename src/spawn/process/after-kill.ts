import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { LineSplitter } from "../../protocol/line-splitter.ts";
import { unguard } from "./guardian.ts";
import { LastLines } from "./last-lines.ts";
import { lastOutput } from "./open-wire.ts";
import { signalGroup } from "./process-group.ts";
import {
	abandon,
	type Command,
	endOf,
	type Subprocess,
	startProcess,
} from "./start-process.ts";

/** How long a stop command may take: `docker stop` alone waits for 10 s before it kills. */
const stopCommandMs = 10_000;

/** What they start is not their child but a daemon's, so no signal to their group reaches it. */
const containerClients = ["docker", "nerdctl", "podman"];

/**
 * Runs the entry's stop command, since its child was killed. The log says what
 * came of it, or that a container may be left where there is no such command.
 * Never rejects.
 *
 * @param pid of the child that was killed
 */
export async function afterKill(
	command: Command,
	pid: number,
	log: Logger,
): Promise<void> {
	const { stopCommand } = command;
	if (stopCommand !== undefined) {
		const failure = await run(command, stopCommand, pid);
		if (failure === undefined) {
			log.info({ pid }, "was killed; its stopCommand has run");
		} else {
			const { reason, stderr } = failure;
			log.error(
				{ pid, stderr },
				`was killed, and its stopCommand ${reason}; what it should have ended may still run`,
			);
		}
	} else if (startsContainer(command)) {
		log.warn(
			{ pid },
			'was killed; its container may still run (name it with --name NAME in "args", and set "stopCommand" to ["docker", "rm", "--force", "NAME"])',
		);
	}
}

function startsContainer({ command, args }: Command): boolean {
	return (
		containerClients.includes(path.basename(command)) && args.includes("run")
	);
}

/** Undefined where it ended with code 0, else why not. */
async function run(
	command: Command,
	[program = "", ...args]: readonly string[],
	childPid: number,
): Promise<{ reason: string; stderr: string[] } | undefined> {
	const own: Command = {
		...command,
		command: program,
		args,
		env: { ...command.env, CHILD_PID: String(childPid) },
		stopCommand: undefined,
	};
	const subprocess = startProcess(own);
	if (!subprocess) {
		const reason =
			"could not be started: the bridge has no file descriptors or memory left for it";
		return { reason, stderr: [] };
	}
	try {
		return await outcome(subprocess, own);
	} catch (error) {
		abandon(subprocess);
		const reason = `could not be followed: ${(error as Error).message}`;
		return { reason, stderr: [] };
	}
}

async function outcome(
	subprocess: Subprocess,
	command: Command,
): Promise<{ reason: string; stderr: string[] } | undefined> {
	const stderr = new LastLines(command.maxStderrBytes);
	const lines = new LineSplitter(
		64 * 1024,
		(line) => stderr.push(line.trimEnd()),
		({ head }) => stderr.push(head),
	);
	subprocess.stdin.on("error", () => {});
	subprocess.stdin.end();
	subprocess.stdout.resume();
	subprocess.stderr.on("data", (chunk: Uint8Array) => lines.push(chunk));

	const { pid } = subprocess;
	const timer = new AbortController();
	const ending = await Promise.race([
		endOf(subprocess, command),
		delay(stopCommandMs, undefined, { signal: timer.signal }),
	]);
	timer.abort();
	if (pid !== undefined) {
		if (ending === undefined) signalGroup(pid, "SIGKILL");
		await lastOutput(subprocess.stderr);
		unguard(pid);
	}
	lines.end();
	subprocess.stdout.destroy();
	subprocess.stderr.destroy();
	if (ending?.exitCode === 0) return;
	const reason =
		ending?.reason ?? `did not end within ${stopCommandMs} ms and was killed`;
	return { reason, stderr: stderr.lines };
}
