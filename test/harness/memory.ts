import { readFileSync } from "node:fs";

const MiB = 2 ** 20;

function field(pid: number, name: string): number {
	const text = readFileSync(`/proc/${pid}/status`, "utf8");
	const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
	if (kib === undefined) throw new Error(`Process ${pid} has no ${name}`);
	return Number(kib) * 1024;
}

/** What a process holds in memory now, in MiB. */
export function residentMib(pid: number): number {
	return Math.round(field(pid, "VmRSS") / MiB);
}
