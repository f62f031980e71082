import type { Score } from "./score.ts";

/** What a test leaves for the table of `npm run conformance`. */
export interface Result {
	/** Fixture and revision. */
	name: string;
	runtime: string;
	score: Score;
}

declare module "vitest" {
	interface TaskMeta {
		conformance?: Result;
	}
}
