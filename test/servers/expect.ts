import type { Had } from "./run.ts";

/** Something that a proof needs cannot be had here: not proved, and not failed either. */
export class Missing extends Error {}

/** It, or the end of the proof. */
export function need<T>(had: Had<T>): T {
	if ("missing" in had) throw new Missing(had.missing);
	return had.value;
}

export function expectEqual(found: unknown, wanted: unknown, what: string) {
	if (!Object.is(found, wanted))
		throw new Error(`${what}: ${shorten(found)} instead of ${shorten(wanted)}`);
}

export function expectContains(found: string, wanted: string, what: string) {
	if (!found.includes(wanted))
		throw new Error(`${what}: no ${shorten(wanted)} in ${shorten(found)}`);
}

const shorten = (value: unknown) => JSON.stringify(value)?.slice(0, 300);
