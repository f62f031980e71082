import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { guardianScript } from "../../src/spawn/process/guardian-script.ts";
import { scratch } from "../harness/scratch.ts";

/** Which numbers the guardian signals: its shell, before a /proc that the test has made and that changes as the test says. */

const at = scratch();
let runs = 0;
const owner = "9-0123456789abcdef";

/** A process of the made /proc. */
interface Process {
	pid: number;
	parent?: number;
	group?: number;
	session?: number;
	started?: number;
	state?: string;
	mark?: string;
	/** In the PID namespace of a container. */
	elsewhere?: boolean;
}

function writeProcess(proc: string, process: Process): void {
	const { pid, parent = 1, group = pid, session = group } = process;
	const { started = pid, state = "S", mark, elsewhere = false } = process;
	const folder = path.join(proc, String(pid));
	mkdirSync(path.join(folder, "ns"), { recursive: true });
	const rest = Array.from({ length: 15 }, () => 0).join(" ");
	writeFileSync(
		path.join(folder, "stat"),
		`${pid} (an (odd) name) ${state} ${parent} ${group} ${session} ${rest} ${started} 0 0\n`,
	);
	const variable = mark === undefined ? "" : `${mark}\0`;
	writeFileSync(path.join(folder, "environ"), `A=1\0${variable}`);
	const namespace = path.join(proc, elsewhere ? "other" : "ours");
	linkSync(namespace, path.join(folder, "ns/pid"));
}

/**
 * @param lines what the bridge says
 * @param later what is otherwise by the time that it has gone
 * @returns the signals, and what it has printed
 */
function signalsOf(
	before: Process[],
	lines: string,
	{ later = [], gone = [] }: { later?: Process[]; gone?: number[] } = {},
) {
	const proc = at(`proc-${++runs}`);
	const sent = at(`sent-${runs}`);
	mkdirSync(proc);
	const next = at(`next-${runs}`);
	mkdirSync(next);
	for (const folder of [proc, next])
		for (const name of ["ours", "other"])
			writeFileSync(path.join(folder, name), "");
	for (const process of before) writeProcess(proc, process);
	writeProcess(proc, { pid: 999_999 });
	symlinkSync("999999", path.join(proc, "self"));
	for (const process of later) writeProcess(next, process);
	// It looks, sleeps, and looks again before each signal: what is later is so from the second look on.
	const prelude = `
sleep() { [ -d '${next}' ] && cp -R '${next}/.' '${proc}' && rm -rf '${next}'; ${gone.map((pid) => `rm -rf '${proc}/${pid}';`).join(" ")} }
kill() { [ "$2" = 0 ] || echo "$2 $3 $4 $5 $6" >>'${sent}'; }
`;
	const script = guardianScript.replaceAll("/proc", proc);
	const { stdout } = spawnSync(
		"sh",
		["-c", prelude + script, "guardian", owner],
		{ input: lines, encoding: "utf8" },
	);
	const log = spawnSync("cat", [sent], { encoding: "utf8" }).stdout;
	const signals = [
		...new Set(log.split("\n").map((line) => line.trim().replace(/ +/g, " "))),
	].filter((line) => line !== "");
	return { signals, stdout: stdout.trim() };
}

const mark = `MCP_EDGE_BRIDGE_CHILD_OF=${owner}`;

test("ends what is in a guarded group or session, what carries the mark, and what descends from these; nothing else", () => {
	const { signals } = signalsOf(
		[
			{ pid: 10 },
			{ pid: 11, parent: 10, group: 10 },
			{ pid: 12, parent: 10, group: 12, session: 10 },
			{ pid: 20, mark },
			{ pid: 21, parent: 20 },
			{ pid: 30, mark: "MCP_EDGE_BRIDGE_CHILD_OF=9-ffffffffffffffff" },
			{ pid: 31, state: "Z", group: 10 },
			{ pid: 40 },
		],
		"+10\n+40\n-40\n",
	);
	expect(signals).toEqual(["TERM 10 11 12 20", "KILL 10 11 12 20"]);
});

test("what has taken the number of a child that is gone is let alone, and so is its group", () => {
	const child = { pid: 10, started: 500 };
	const { signals } = signalsOf([child, { pid: 20 }], "+10\n+20\n", {
		later: [
			{ pid: 10, started: 900 },
			{ pid: 11, group: 10, parent: 10, started: 901 },
		],
	});
	expect(signals).toEqual(["TERM 20", "KILL 20"]);
});

test("a group whose leader has gone still is that group", () => {
	const { signals } = signalsOf(
		[{ pid: 10 }, { pid: 11, group: 10, session: 10 }],
		"+10\n",
		{ gone: [10] },
	);
	expect(signals).toEqual(["TERM 11", "KILL 11"]);
});

test("what descended from a child at the bridge's end has to end, though its parent has gone since", () => {
	const { signals } = signalsOf(
		[{ pid: 10 }, { pid: 50, parent: 10 }],
		"+10\n",
		{ gone: [10], later: [{ pid: 50, parent: 1 }] },
	);
	expect(signals).toEqual(["TERM 50", "KILL 50"]);
});

test("of what dead bridges have left it ends what is this user's, in its own PID namespace, and in nobody's care: SIGTERM first, then SIGKILL", () => {
	const of = (id: string) => `MCP_EDGE_BRIDGE_CHILD_OF=${id}`;
	const [dead, living, guarded, zombie] = [
		"600-000000000000000a",
		"601-000000000000000b",
		"602-000000000000000c",
		"603-000000000000000d",
	];
	const { signals, stdout } = signalsOf(
		[
			{ pid: 601 },
			{ pid: 603, state: "Z" },
			{ pid: 70, mark: of(dead) },
			{ pid: 71, mark: of(living) },
			{ pid: 72, mark: of(guarded) },
			{ pid: 73, mark: `MCP_EDGE_BRIDGE_GUARDIAN=${guarded}` },
			{ pid: 74, mark: of(dead), elsewhere: true },
			{ pid: 75, mark: of(zombie) },
		],
		"?\n?\n",
	);
	expect(signals).toEqual(["TERM 70", "TERM 75", "KILL 70", "KILL 75"]);
	expect(stdout.split(/\s+/)).toEqual(["70", "75", "70", "75"]);
});
