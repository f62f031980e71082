import { existsSync } from "node:fs";
import { execa } from "execa";
import type { GuardianStatus } from "../../protocol/server-health.ts";
import { guardianMarkName, markName, ownerId } from "./child-mark.ts";
import { guardLine, type StopCommand, unguardLine } from "./guardian-lines.ts";
import { guardianScript } from "./guardian-script.ts";

/** What whoever watches the guardian hears. */
export interface GuardianEvents {
	/** There is none, and the next attempt to start one is after so many ms. */
	missing(reason: string, retryMs: number): void;
	/** There is one again. */
	back(pid: number): void;
	/** It has signalled processes that a bridge had left that was killed together with its guardian. */
	swept(pids: number[]): void;
}

type Guardian = ReturnType<typeof spawnShell>;

type State =
	/** No child was started yet. */
	| { name: "idle" }
	| { name: "running"; guardian: Guardian; pid: number; since: number }
	| { name: "missing"; reason: string };

/** When it looks for what dead bridges have left, in ms after its start. What the first look has told to end is killed at the second. */
const sweepsMs = [2000, 5000, 8000];

/** One that lived this long did not fail to start. */
const stableMs = 10_000;

let state: State = { name: "idle" };
/** Those that ended soon after their start, in a row. */
let failures = 0;
let restarts = 0;
/** The groups under guard, and what a guardian is told of each. */
const groups = new Map<number, string>();
const watchers = new Set<GuardianEvents>();

/**
 * Starts the guardian, unless it runs: a shell of a few lines, in a session of
 * its own, that ends what the bridge has started, also where the bridge itself
 * is killed and can do nothing about it. Has to be called before the first
 * child is started. Never throws; where there is none it is tried again.
 */
export function startGuardian(): void {
	if (state.name === "idle") start();
}

/** Puts a child's process group under guard. Never throws. */
export function guard(group: number, command: StopCommand): void {
	const line = guardLine(group, command);
	groups.set(group, line);
	tell(line);
}

/** Takes a group that is gone from under guard, before its number is used again. */
export function unguard(group: number): void {
	if (groups.delete(group)) tell(unguardLine(group));
}

/** Kills every group under guard at once: for the last moment of a bridge that fails. */
export function killGuarded(): void {
	for (const group of groups.keys()) {
		try {
			process.kill(-group, "SIGKILL");
		} catch {
			// Already gone.
		}
	}
}

/** @returns ends the watch */
export function watchGuardian(events: GuardianEvents): () => void {
	watchers.add(events);
	return () => watchers.delete(events);
}

export function guardianStatus(): GuardianStatus {
	switch (state.name) {
		case "idle":
			return { state: "idle", restarts };
		case "running":
			return { state: "running", pid: state.pid, restarts };
		case "missing":
			return { state: "missing", reason: state.reason, restarts };
	}
}

function tell(line: string): void {
	if (state.name === "running") state.guardian.stdin.write(line);
}

function start(): void {
	let guardian: Guardian;
	try {
		guardian = spawnShell();
	} catch (error) {
		lost((error as Error).message);
		return;
	}
	// What is written to one that has gone is told again to the next.
	guardian.stdin.on("error", () => {});
	const { pid } = guardian;
	if (pid === undefined) {
		void guardian.then((result) => lost(reasonOf(result)));
		return;
	}
	const wasMissing = state.name === "missing";
	state = { name: "running", guardian, pid, since: performance.now() };
	for (const line of groups.values()) tell(line);
	const sweeps = startSweeps();
	guardian.once("exit", (exitCode, signal) => {
		for (const timer of sweeps) clearTimeout(timer);
		lost(
			signal === null
				? `exited with code ${exitCode}`
				: `was ended by ${signal}`,
		);
	});
	guardian.stdout.on("data", (chunk: Uint8Array) => {
		const pids = String(chunk).trim().split(/\s+/).map(Number);
		for (const { swept } of watchers) swept(pids);
	});
	// It ends with the bridge, and the bridge not with it.
	unref(guardian);
	unref(guardian.stdin);
	unref(guardian.stdout);
	if (wasMissing) for (const { back } of watchers) back(pid);
}

/** There is no guardian, or no longer. */
function lost(reason: string): void {
	const livedMs =
		state.name === "running" ? performance.now() - state.since : 0;
	failures = livedMs >= stableMs ? 0 : failures + 1;
	const retryMs = restartDelayMs(failures);
	state = { name: "missing", reason };
	for (const { missing } of watchers) missing(reason, retryMs);
	setTimeout(() => {
		restarts++;
		start();
	}, retryMs).unref();
}

/** The first one that is lost is replaced at once. */
export function restartDelayMs(failures: number): number {
	return failures <= 1 ? 0 : Math.min(30_000, 50 * 2 ** failures);
}

/** A bridge that is itself the child of one leaves that to the other: its own kin would look like what is left. */
function startSweeps(): NodeJS.Timeout[] {
	if (process.env[markName] !== undefined) return [];
	return sweepsMs.map((ms) => setTimeout(() => tell("?\n"), ms).unref());
}

function spawnShell() {
	const { PATH } = process.env;
	return execa(shell(), ["-c", guardianScript, "guardian", ownerId], {
		// Not in a folder that is to be unmounted or removed.
		cwd: "/",
		extendEnv: false,
		env: {
			PATH: [...(PATH ? [PATH] : []), "/usr/bin:/bin"].join(":"),
			[guardianMarkName]: ownerId,
		},
		detached: true,
		cleanup: false,
		reject: false,
		buffer: false,
		stdin: "pipe",
		stdout: "pipe",
		stderr: "ignore",
	});
}

/** Deno looks for a program on PATH alone, and there may be none. */
function shell(): string {
	return existsSync("/bin/sh") ? "/bin/sh" : "sh";
}

function reasonOf(result: object): string {
	const { code, originalMessage } = result as Record<string, string>;
	return `could not be started: ${originalMessage ?? code}`;
}

/** Not every runtime has it on what was not started, or not at all. */
function unref(handle: object): void {
	(handle as { unref?(): void }).unref?.();
}
