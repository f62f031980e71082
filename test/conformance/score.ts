import type { Verdict } from "./judge.ts";

export interface Score {
	/** Of the scored scenarios. */
	passed: number;
	total: number;
	/** Scenarios that fail and are not in the baseline, with the reasons. */
	failing: Record<string, readonly string[]>;
	/** Scenarios of the baseline that pass. */
	passing: string[];
}

/** Counts the scored scenarios, and compares these and the unscored ones with the baseline. */
export function score(
	verdicts: ReadonlyMap<string, Verdict>,
	scored: readonly string[],
	unscored: readonly string[],
	baseline: Readonly<Record<string, string>>,
): Score {
	const passes = (name: string) => verdicts.get(name)?.passed === true;
	const failing = [...scored, ...unscored].filter(
		(name) => !passes(name) && !(name in baseline),
	);
	return {
		passed: scored.filter(passes).length,
		total: scored.length,
		failing: Object.fromEntries(
			failing.map((name) => [
				name,
				verdicts.get(name)?.reasons ?? ["it did not run"],
			]),
		),
		passing: Object.keys(baseline).filter(passes),
	};
}
