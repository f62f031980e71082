import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

interface Stat {
	state: string;
	parent: number;
	group: number;
}

/** /proc/<pid>/stat; undefined when there is no such process. */
function stat(pid: number): Stat | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, "utf8");
		// The name, in parentheses, may hold spaces and parentheses itself.
		const [state = "", parent, group] = text
			.slice(text.lastIndexOf(")") + 2)
			.split(" ");
		return { state, parent: Number(parent), group: Number(group) };
	} catch {
		return undefined;
	}
}

/** A zombie is no longer running: only its parent has yet to look at how it ended. */
export function isRunning(pid: number): boolean {
	const found = stat(pid);
	return found !== undefined && !["Z", "X"].includes(found.state);
}

function runningPids(): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter(isRunning);
}

function contains(file: string, marker: string): boolean {
	try {
		return readFileSync(file, "utf8").includes(marker);
	} catch {
		return false;
	}
}

/** The processes that have this text in their arguments or their environment, this one excepted. */
export function pidsWith(marker: string): number[] {
	return runningPids().filter(
		(pid) =>
			pid !== process.pid &&
			(contains(`/proc/${pid}/cmdline`, marker) ||
				contains(`/proc/${pid}/environ`, marker)),
	);
}

export function groupMembers(group: number): number[] {
	return runningPids().filter((pid) => stat(pid)?.group === group);
}

export function childrenOf(parent: number): number[] {
	return runningPids().filter((pid) => stat(pid)?.parent === parent);
}

/** Looks again and again until `condition` gives something other than undefined or false. */
export async function eventually<T>(
	condition: () => T | Promise<T>,
	what: string | (() => string),
	deadlineMs = 15_000,
): Promise<Exclude<T, undefined | false>> {
	const deadline = Date.now() + deadlineMs;
	for (;;) {
		const value = await condition();
		if (value !== undefined && value !== false)
			return value as Exclude<T, undefined | false>;
		if (Date.now() > deadline)
			throw new Error(
				`Waited ${deadlineMs} ms in vain: ${typeof what === "string" ? what : what()}`,
			);
		await delay(10);
	}
}

export async function waitUntilGone(
	pids: readonly number[],
	deadlineMs = 15_000,
): Promise<void> {
	await eventually(
		() => !pids.some(isRunning),
		() => `processes ${pids.filter(isRunning).join(", ")} are still running`,
		deadlineMs,
	);
}
