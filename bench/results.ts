import type { Dialect, Target } from "./target.ts";
import type { Metric, Numbers, Workload } from "./workload.ts";

/** What one target did in one metric: a number for each round, or why there is none. */
export type Outcome =
	| { readonly state: "measured"; readonly rounds: number[] }
	| { readonly state: "failed"; readonly reason: string };

export interface Row {
	readonly dialect: Dialect;
	readonly metric: Metric;
	/** By the name of the target. One that the metric is not about is missing. */
	readonly outcomes: Map<string, Outcome>;
}

export interface Results {
	readonly rows: Row[];
	/** By the name of the target. */
	readonly notes: Map<string, Set<string>>;
}

export function emptyResults(): Results {
	return { rows: [], notes: new Map() };
}

export function addNote(results: Results, target: Target, text: string): void {
	const notes = results.notes.get(target.name) ?? new Set();
	results.notes.set(target.name, notes.add(text));
}

export function hasFailed(
	results: Results,
	dialect: Dialect,
	workload: Workload,
	target: Target,
): boolean {
	return workload.metrics.some(
		(metric) =>
			row(results, dialect, metric).outcomes.get(target.name)?.state ===
			"failed",
	);
}

export function addNumbers(
	results: Results,
	dialect: Dialect,
	workload: Workload,
	target: Target,
	numbers: Numbers,
): void {
	for (const metric of workload.metrics) {
		const number = numbers[metric.id];
		if (number === undefined) continue;
		const { outcomes } = row(results, dialect, metric);
		const outcome = outcomes.get(target.name);
		if (outcome?.state === "measured") outcome.rounds.push(number);
		else if (!outcome)
			outcomes.set(target.name, { state: "measured", rounds: [number] });
	}
}

/** A target that fails once has failed: its other rounds would say how fast it is when it does not fail. */
export function addFailure(
	results: Results,
	dialect: Dialect,
	workload: Workload,
	target: Target,
	error: unknown,
): void {
	const reason = error instanceof Error ? error.message : String(error);
	for (const metric of workload.metrics)
		row(results, dialect, metric).outcomes.set(target.name, {
			state: "failed",
			reason,
		});
}

function row(results: Results, dialect: Dialect, metric: Metric): Row {
	const found = results.rows.find(
		(row) => row.dialect === dialect && row.metric.id === metric.id,
	);
	if (found) return found;
	const added = { dialect, metric, outcomes: new Map() };
	results.rows.push(added);
	return added;
}
