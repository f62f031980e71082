import { table } from "../harness/table.ts";
import type { Result } from "./result.ts";

/** The scores of all runs, once each: `30/30`, or `29/30, 30/30` where the runs differ. */
function cell(results: readonly Result[]): string {
	const scores = results.map(({ score }) => `${score.passed}/${score.total}`);
	return [...new Set(scores)].join(", ") || "–";
}

function surprises({ name, runtime, score }: Result): string[] {
	const where = `${name}, ${runtime}`;
	return [
		...Object.entries(score.failing).map(
			([scenario, reasons]) =>
				`${where}: ${scenario} fails: ${reasons.join("; ")}`,
		),
		...score.passing.map(
			(scenario) => `${where}: ${scenario} passes, though the baseline has it`,
		),
	];
}

export interface Report {
	text: string;
	/** Whether all runs gave what the baseline says. */
	asExpected: boolean;
}

/** @param runs the results of each run */
export function report(
	runs: readonly (readonly Result[])[],
	runtimes: readonly string[],
	errors: readonly string[],
): Report {
	const results = runs.flat();
	const names = [...new Set(results.map(({ name }) => name))];
	const rows = names.map((name) => [
		name,
		...runtimes.map((runtime) =>
			cell(
				results.filter(
					(result) => result.name === name && result.runtime === runtime,
				),
			),
		),
	]);
	const same = rows.every((row) => row.every((text) => !text.includes(", ")));
	const unexpected = [...new Set([...results.flatMap(surprises), ...errors])];
	return {
		text: [
			table([["", ...runtimes], ...rows]),
			"",
			...(runs.length === 1
				? []
				: [
						`${runs.length} runs, ${same ? "all with the same scores" : "with different scores"}`,
					]),
			...(unexpected.length === 0 ? ["As the baseline says"] : unexpected),
		].join("\n"),
		asExpected: unexpected.length === 0,
	};
}
