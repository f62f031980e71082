import { setTimeout as delay } from "node:timers/promises";
import { printJson } from "../../protocol/json.ts";
import { type LineEvents, LineReader } from "../../protocol/line-reader.ts";
import { LineSplitter } from "../../protocol/line-splitter.ts";
import type {
	Exit,
	Output,
	Stop,
	Wire,
	WireEvents,
} from "../../protocol/wire.ts";
import { FirstErrorLines, quotable } from "./error-lines.ts";
import { LastLines } from "./last-lines.ts";
import { LineWriter } from "./line-writer.ts";
import { endGroup, signalGroup } from "./process-group.ts";
import {
	abandon,
	type Command,
	endOf,
	type Subprocess,
	startProcess,
} from "./start-process.ts";

/** How long stdout may stay open after the process has ended: a grandchild that holds it never closes it. */
const lastLinesMs = 500;
/** How long a message may stop in the middle, or its line be doubtful, until what is there has to do. */
const pauseMs = 1000;
/** So many bytes may have been written to a child that it has not read. What the system's pipe holds is not counted. */
const maxUnread = 2 ** 20;

/**
 * Starts a child in a process group of its own and speaks JSON lines with it.
 * A child that cannot be started is one that has ended: `closed` says why.
 *
 * @param afterKill called when the child was ended by SIGKILL, whoever sent it; never rejects
 */
export function openWire(
	command: Command,
	afterKill: (pid: number) => Promise<void>,
): Wire {
	const subprocess = startProcess(command);
	if (!subprocess) return closedWire();
	try {
		return wireOf(subprocess, command, afterKill);
	} catch (error) {
		abandon(subprocess);
		throw error;
	}
}

function wireOf(
	subprocess: Subprocess,
	command: Command,
	afterKill: (pid: number) => Promise<void>,
): Wire {
	const { pid } = subprocess;
	const lastStderr = new LastLines(command.maxStderrBytes);
	const errorLines = new FirstErrorLines(command.maxStderrBytes);
	const lastNoise = new LastLines(command.maxStderrBytes);
	const output = (): Output => ({
		stderr: lastStderr.lines,
		...(errorLines.lines.length > 0 && { errorLines: errorLines.lines }),
		...(lastNoise.lines.length > 0 && { stdout: lastNoise.lines }),
	});
	const hearStderr = (line: string) => {
		errorLines.push(line);
		if (!lastStderr.push(line)) wire.events.stderrForgotten();
		wire.events.stderr(line);
	};
	// Who hears it may change with each message.
	const heard: LineEvents = {
		message: (message) => wire.events.message(message),
		tooDeep: (message) => wire.events.tooDeep(message),
		unreadable: (line, id) => wire.events.unreadable(line, id),
		repaired: (repair, line) => wire.events.repaired(repair, line),
		noise(line) {
			const quoted = quotable(line);
			if (/[\p{L}\p{N}]/u.test(quoted)) lastNoise.push(quoted);
			wire.events.noise(line);
		},
	};
	const reader = new LineReader(heard, command.maxLineBytes);
	let pause: NodeJS.Timeout | undefined;
	const stdout = new LineSplitter(
		command.maxLineBytes,
		(line) => reader.read(line),
		(line) => wire.events.oversize(line),
	);
	const stderr = new LineSplitter(
		64 * 1024,
		(line) => hearStderr(line.trimEnd()),
		({ head }) => hearStderr(head),
	);
	subprocess.stdout.on("data", (chunk: Uint8Array) => {
		stdout.push(chunk);
		if (!reader.isWaiting) return;
		clearTimeout(pause);
		pause = setTimeout(() => reader.settle(), pauseMs).unref();
	});
	subprocess.stderr.on("data", (chunk: Uint8Array) => stderr.push(chunk));

	let open = true;
	let stopping: Promise<void> | undefined;
	/** When it was asked to end, and what it was sent last. */
	let asked: { at: number; by: Stop["by"] } | undefined;
	let stopped: Stop | undefined;
	const end = async (group: number, wasKilled = false) => {
		const isKilled = await endGroup(group, command.stopTimeoutMs, (signal) => {
			if (asked) asked.by = signal;
		});
		if (isKilled || wasKilled) await afterKill(group);
	};
	const exited = endOf(subprocess, command);
	const closed = exited.then(async (ending) => {
		open = false;
		if (asked) {
			const ms = Math.round(performance.now() - asked.at);
			stopped = { by: asked.by, ms };
		}
		wire.events.ending();
		if (pid !== undefined) {
			await Promise.all([
				lastOutput(subprocess.stdout),
				lastOutput(subprocess.stderr),
			]);
		}
		stdout.end();
		clearTimeout(pause);
		reader.end();
		stderr.end();
		// Who still holds them, a process that left the group, is no child: another may be in its place.
		wire.events = unheard;
		subprocess.stdout.destroy();
		subprocess.stderr.destroy();
		// What the child left behind in its group goes too; nobody waits for that but close().
		if (pid !== undefined) stopping ??= end(pid, ending.signal === "SIGKILL");
		return { ...ending, ...output() };
	});

	const stdin = new LineWriter(subprocess.stdin, () => {
		if (!isBehind || stdin.bytes > maxUnread) return;
		isBehind = false;
		wire.events.caughtUp();
	});
	let isBehind = false;
	const wire: Wire = {
		pid,
		events: unheard,
		get output() {
			return output();
		},
		closed,
		get stopped() {
			return stopped;
		},
		get isBehind() {
			return isBehind;
		},
		write(message, written) {
			if (!open) return true;
			let line: string;
			try {
				line = `${printJson(message)}\n`;
			} catch {
				return false;
			}
			stdin.write(line, written);
			isBehind ||= stdin.bytes > maxUnread;
			return true;
		},
		async close() {
			if (pid === undefined || !open) {
				await closed;
				return stopping;
			}
			asked ??= { at: performance.now(), by: "stdin-eof" };
			stdin.end();
			await Promise.race([
				exited,
				delay(command.stopTimeoutMs, undefined, { ref: false }),
			]);
			if (open && signalGroup(pid, 0)) stopping ??= end(pid);
			await closed;
			await stopping;
		},
	};
	// A child that closes its stdout cannot answer any more, one that closes its stdin hears nothing, whether it lives on or not.
	const isUseless = async () => {
		wire.events.ending();
		await Promise.race([exited, delay(lastLinesMs, undefined, { ref: false })]);
		if (open) void wire.close();
	};
	subprocess.stdout.once("end", isUseless);
	subprocess.stdin.on("error", isUseless);
	return wire;
}

/** Where not even an attempt could be made. */
function closedWire(): Wire {
	const reason =
		"could not be started: the bridge has no file descriptors or memory left for it (raise its limits, see ulimit -n)";
	const exit: Exit = { code: "COMMAND_NOT_RUNNABLE", reason, stderr: [] };
	return {
		pid: undefined,
		events: unheard,
		output: { stderr: [] },
		isBehind: false,
		stopped: undefined,
		closed: Promise.resolve(exit),
		write: () => true,
		close: () => Promise.resolve(),
	};
}

/** What nobody has taken over yet says to nobody. */
const unheard: WireEvents = {
	message() {},
	noise() {},
	unreadable() {},
	repaired() {},
	tooDeep() {},
	oversize() {},
	stderr() {},
	stderrForgotten() {},
	caughtUp() {},
	ending() {},
};

/** Waits for the end of an output, but not for a grandchild that holds it. */
export function lastOutput(output: NodeJS.ReadableStream): Promise<unknown> {
	if (!output.readable) return Promise.resolve();
	return Promise.race([
		new Promise((resolve) => output.once("end", resolve)),
		delay(lastLinesMs, undefined, { ref: false }),
	]);
}
