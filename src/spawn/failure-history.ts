import type { Exit } from "../protocol/wire.ts";
import { causeOf } from "./process/error-lines.ts";
import { msBetween, type Timestamp } from "./timestamp.ts";

/** Failures of one server in a row, the last one in full. */
export interface Failures {
	exit: Exit;
	/** See {@link causeOf}. */
	cause: string;
	times: number;
	firstAt: Timestamp;
	lastAt: Timestamp;
	/** The last one was a start that failed, and no child that died after it. */
	wasStart: boolean;
}

/** What is known of a failure when it is noted. */
export interface NewFailure {
	exit: Exit;
	wasStart: boolean;
	/** The one before was the same child's, and nothing good was in between: though it was ready, it served nobody. */
	continues: boolean;
	at: Timestamp;
}

/** The same failure is told in full again when it was not seen for so long. */
const toldForMs = 600_000;

/** What went wrong with one server: what of it is in force, and how much of the next one is worth telling. */
export class FailureHistory {
	#failures: Failures | undefined;
	#isOver = true;
	/** What was noted last. */
	#told: { kind: string; times: number; at: Timestamp } | undefined;

	/** The failures since a child was ready the last time; undefined while all is well. */
	get current(): Failures | undefined {
		return this.#isOver ? undefined : this.#failures;
	}

	/** A child is ready. */
	recovered(): void {
		this.#isOver = true;
	}

	/** @returns how often just this has been noted, one after the other: at 1 it is news */
	note({ exit, wasStart, continues, at }: NewFailure): number {
		const cause = causeOf(exit);
		const before = this.#isOver && !continues ? undefined : this.#failures;
		this.#isOver = false;
		this.#failures = {
			exit,
			cause,
			times: (before?.times ?? 0) + 1,
			firstAt: before?.firstAt ?? at,
			lastAt: at,
			wasStart,
		};
		const kind = kindOf(exit, cause);
		const told = this.#told;
		const isNews = kind !== told?.kind || msBetween(told.at, at) >= toldForMs;
		const times = isNews ? 1 : told.times + 1;
		this.#told = { kind, times, at };
		return times;
	}
}

/** The same for failures of the same cause: times, process ids, ports and addresses in it are of no account. */
function kindOf({ code, exitCode, signal }: Exit, cause: string): string {
	const words = cause.replace(/\b(?:0x)?[\da-f]*\d[\da-f]*\b/gi, "#");
	return [code, exitCode, signal, words].join(" ");
}
