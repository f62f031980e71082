import { setTimeout as sleep } from "node:timers/promises";
import type { Sample } from "./sample.ts";

/** Sessions are reaped after 5 to 10 s, answers to cut streams kept for 10 s, children of modern clients for 60 s. */
const longestMs = 120_000;

/** The sample once nothing of the load is left, or the last one before patience ends. */
export async function settle(
	sample: () => Promise<Sample>,
	before: Sample,
): Promise<Sample> {
	const deadline = performance.now() + longestMs;
	for (;;) {
		const now = await sample();
		if (isAtRest(now, before) || performance.now() > deadline) return now;
		await sleep(1_000);
	}
}

/** Nothing is open, and nothing runs or is held that did not before the load. */
export function isAtRest(now: Sample, before: Sample): boolean {
	return (
		now.openSessions === 0 &&
		now.openStreams === 0 &&
		now.children <= before.children &&
		now.descriptors <= before.descriptors
	);
}
