import { readdirSync, readFileSync } from "node:fs";
import { child } from "./targets/child.ts";

export interface Process {
	readonly pid: number;
	readonly parent: number;
	readonly arguments: readonly string[];
	/** User and system time so far, in ms. */
	readonly cpuMs: number;
}

/** proc(5): utime and stime are counted in ticks, a hundredth of a second on every Linux that Node runs on. */
const tickMs = 10;

/** All processes, by Linux's /proc; none where there is no /proc. */
export function processes(): Process[] {
	return readdir("/proc").flatMap((name) => {
		const pid = Number(name);
		const stat = Number.isInteger(pid) && read(`/proc/${pid}/stat`);
		if (!stat) return [];
		// The second field, the name in parentheses, may itself hold spaces and parentheses.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return {
			pid,
			parent: Number(fields[1]),
			arguments: read(`/proc/${pid}/cmdline`).split("\0"),
			cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs,
		};
	});
}

/** The MCP children started with this mark. Shells and wrappers around them do not count. */
export function markedProcesses(mark: string): Process[] {
	return processes().filter(
		(process) => isMcpServer(process) && process.arguments[2] === mark,
	);
}

/** The process, what it started and what that started. */
export function processTree(root: number): Process[] {
	const all = processes();
	const tree = all.filter(({ pid }) => pid === root);
	for (const { pid } of tree)
		tree.push(...all.filter(({ parent }) => parent === pid));
	return tree;
}

export function mcpServersOf(root: number): Process[] {
	return processTree(root).filter(isMcpServer);
}

/** Resident memory in bytes of a bridge and its helpers, without the MCP servers behind it. */
export function residentBytes(root: number): number {
	const bytes = withoutMcpServers(root).map(({ pid }) => {
		const line = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
		return Number(line?.[1] ?? 0) * 1024;
	});
	const sum = bytes.reduce((a, b) => a + b, 0);
	if (sum === 0)
		throw new Error("no process to weigh (it ended, or there is no /proc)");
	return sum;
}

/** CPU time in ms that a bridge and its helpers have used, without the MCP servers behind it. */
export function cpuMs(root: number): number {
	return withoutMcpServers(root).reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

function withoutMcpServers(root: number): Process[] {
	return processTree(root).filter((process) => !isMcpServer(process));
}

function isMcpServer({ arguments: args }: Process): boolean {
	return args[1] === child.file;
}

function readdir(path: string): string[] {
	try {
		return readdirSync(path);
	} catch {
		return [];
	}
}

/** Empty where the process has ended meanwhile. */
function read(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
