import { statSync } from "node:fs";
import { execa } from "execa";
import type { Exit } from "../../protocol/wire.ts";
import { marked } from "./child-mark.ts";
import { guard, startGuardian, unguard } from "./guardian.ts";
import { signalGroup } from "./process-group.ts";

/** How to start one child. */
export interface Command {
	command: string;
	args: readonly string[];
	/** The whole environment. */
	env: Readonly<Record<string, string>>;
	cwd: string;
	/** Where to look for `node_modules/.bin`, before PATH. */
	localDir: string;
	/** The longest line on stdout, in bytes; a longer one is skipped and reported. */
	maxLineBytes: number;
	/** Bytes of the last lines of stderr that are kept. */
	maxStderrBytes: number;
	/** How long the child gets at each step of its stop sequence. */
	stopTimeoutMs: number;
	/** Program and arguments to run when the child was killed. */
	stopCommand: readonly string[] | undefined;
}

/** A started process, or one that could not be started. */
export type Subprocess = ReturnType<typeof spawn>;

/**
 * Starts the command with piped stdio, in a process group of its own, which is
 * under guard: whoever starts it ends the group and takes it from under guard.
 * Undefined where there are not even descriptors for the pipes.
 */
export function startProcess(command: Command): Subprocess | undefined {
	startGuardian();
	let subprocess: Subprocess;
	try {
		subprocess = spawn(command);
	} catch {
		return undefined;
	}
	if (subprocess.pid !== undefined) guard(subprocess.pid, command);
	return subprocess;
}

/** Ends a process that nobody can look after, since something was thrown before its book-keeping was done. */
export function abandon({ pid }: Subprocess): void {
	if (pid === undefined) return;
	signalGroup(pid, "SIGKILL");
	unguard(pid);
}

/** Where nothing says where programs are. Deno and execa look on PATH alone. */
const defaultPath = "/usr/local/bin:/usr/bin:/bin";

function spawn(command: Command) {
	return execa(command.command, command.args, {
		cwd: command.cwd,
		env: marked({ PATH: defaultPath, ...command.env }),
		extendEnv: false,
		preferLocal: true,
		localDir: command.localDir,
		// Ending children is done by group here: execa's own ways reach the leader only, and differ between the runtimes.
		detached: true,
		cleanup: false,
		forceKillAfterDelay: false,
		// A buffered child is ended at 100 MB of output.
		buffer: false,
		reject: false,
		stdin: "pipe",
		stdout: "pipe",
		stderr: "pipe",
	});
}

/** Settles at the process's end, or at once where it did not start. */
export function endOf(
	subprocess: Subprocess,
	command: Command,
): Promise<Omit<Exit, "stderr">> {
	return new Promise((resolve) => {
		subprocess.on("exit", (exitCode, signal) => {
			resolve(exitOf(exitCode, signal));
		});
		// The result waits for stdio to close, so it comes first only where nothing was started.
		void subprocess.then((result) => {
			resolve(
				subprocess.pid === undefined
					? failureOf(
							(result as { code?: string }).code,
							(result as { originalMessage?: string }).originalMessage,
							command,
						)
					: exitOf(result.exitCode ?? null, result.signal ?? null),
			);
		});
	});
}

function exitOf(
	exitCode: number | null,
	signal: string | null,
): Omit<Exit, "stderr"> {
	if (signal !== null) {
		return { code: "CHILD_EXITED", reason: `was ended by ${signal}`, signal };
	}
	return {
		code: "CHILD_EXITED",
		reason: `exited with code ${exitCode}`,
		...(exitCode === null ? {} : { exitCode }),
	};
}

function failureOf(
	code: string | undefined,
	message: string | undefined,
	{ command, cwd }: Command,
): Omit<Exit, "stderr"> {
	if (!isFolder(cwd)) {
		return {
			code: "CWD_NOT_FOUND",
			reason: `could not be started: its folder "${cwd}" does not exist (create it, or set "cwd")`,
		};
	}
	if (code === "ENOENT") {
		return {
			code: "COMMAND_NOT_FOUND",
			reason: `could not be started: command "${command}" not found on PATH (install it, or set "command" to its full path)`,
		};
	}
	return {
		code: "COMMAND_NOT_RUNNABLE",
		reason: `could not be started: command "${command}" cannot be run: ${message ?? code} (is it executable?)`,
	};
}

function isFolder(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
