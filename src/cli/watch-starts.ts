import type { Logger } from "pino";
import type { StartingChild } from "../bridge.ts";
import { slowStartReason } from "./slow-start-reason.ts";

/** A start that takes longer, in ms, is told of. */
const slowMs = 10_000;
/** How often it is looked, in ms. */
const intervalMs = 2500;

/** The children whose start is slow, and was not known to be. */
export function slowStarts(
	starting: readonly StartingChild[],
	told: ReadonlySet<number>,
): StartingChild[] {
	return starting.filter(({ pid, forMs }) => forMs >= slowMs && !told.has(pid));
}

/** What the log says of one. */
export function slowStartText({ server, entry, forMs }: StartingChild): string {
	const reason = slowStartReason(entry);
	const seconds = Math.floor(forMs / 1000);
	const hint = reason === undefined ? "" : ` (${reason})`;
	return `Server "${server}" is still starting after ${seconds} s${hint}`;
}

/** Logs once of each start that takes long, until the interval is cleared. */
export function watchStarts(
	starting: () => StartingChild[],
	log: Logger,
): NodeJS.Timeout {
	let told: ReadonlySet<number> = new Set();
	return setInterval(() => {
		const now = starting();
		const slow = slowStarts(now, told);
		for (const child of slow) {
			const { server, pid } = child;
			log.info({ server, pid }, slowStartText(child));
		}
		// What starts no more need not be remembered, and its process id may come again.
		const still = now.filter(({ pid }) => told.has(pid));
		told = new Set([...still, ...slow].map(({ pid }) => pid));
	}, intervalMs).unref();
}
