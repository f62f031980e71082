import { setTimeout as delay } from "node:timers/promises";
import { unguard } from "./guardian.ts";

const pollMs = 20;

/** Sends a signal to every member of a group. False where there is none left. */
export function signalGroup(
	group: number,
	signal: NodeJS.Signals | 0,
): boolean {
	try {
		process.kill(-group, signal);
		return true;
	} catch (error) {
		// EPERM: a member changed its user; it is there, and nothing more can be done.
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

/**
 * Ends what is left of a group: SIGTERM → wait → SIGKILL → wait. Settles when
 * nothing is left, or after the second wait: as a child of a process 1 that
 * reaps nobody, zombies keep a group alive for ever.
 *
 * @param waitMs how long each signal gets
 * @param sending called before each signal
 * @returns whether SIGKILL was needed
 */
export async function endGroup(
	group: number,
	waitMs: number,
	sending: (signal: "SIGTERM" | "SIGKILL") => void = () => {},
): Promise<boolean> {
	let isKilled = false;
	for (const signal of ["SIGTERM", "SIGKILL"] as const) {
		sending(signal);
		if (!signalGroup(group, signal)) break;
		isKilled = signal === "SIGKILL";
		if (await isGone(group, waitMs)) break;
	}
	unguard(group);
	return isKilled;
}

/** Waits for the last member of a group to go; false where the time was not enough. */
async function isGone(group: number, waitMs: number): Promise<boolean> {
	const deadline = performance.now() + waitMs;
	while (signalGroup(group, 0)) {
		if (performance.now() >= deadline) return false;
		await delay(pollMs);
	}
	return true;
}
