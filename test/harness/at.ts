import type { Timestamp } from "../../src/spawn/timestamp.ts";

/** When the wall clock of a test began, in ms since 1970. */
const epochMs = 1_800_000_000_000;

/** The moment so many ms after the beginning of a test. */
export function at(ms: number): Timestamp {
	return { monotonicMs: ms, wallMs: epochMs + ms };
}
