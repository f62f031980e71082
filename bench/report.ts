import { type Goal, goals, ratio } from "./goals.ts";
import { type Machine, machine } from "./machine.ts";
import type { Outcome, Results, Row } from "./results.ts";
import type { Sizes } from "./sizes.ts";
import { median } from "./statistics.ts";
import type { Target } from "./target.ts";

/** Everything there is to know of a run, as `--json` prints it. */
export interface Report {
	readonly machine: Machine;
	readonly sizes: Sizes;
	readonly targets: readonly { name: string; version: string }[];
	readonly metrics: readonly ReportedMetric[];
	readonly notes: Readonly<Record<string, readonly string[]>>;
}

export interface ReportedMetric {
	readonly dialect: string;
	readonly id: string;
	readonly title: string;
	readonly unit: string;
	/** By the name of the target. */
	readonly outcomes: Readonly<Record<string, ReportedOutcome>>;
	/** Of the bridge. `met` is missing where it cannot be told. */
	readonly goals: readonly { text: string; met?: boolean }[];
}

export type ReportedOutcome =
	| { failed: string }
	/** `ratio` is to the relay. */
	| { median: number; ratio?: number; rounds: readonly number[] };

export function report(
	results: Results,
	targets: readonly Target[],
	sizes: Sizes,
): Report {
	return {
		machine: machine(),
		sizes,
		targets: targets.map(({ name, version }) => ({ name, version })),
		metrics: results.rows.map((row) => reportRow(row, targets)),
		notes: Object.fromEntries(
			[...results.notes].map(([name, notes]) => [name, [...notes]]),
		),
	};
}

function reportRow(row: Row, targets: readonly Target[]): ReportedMetric {
	const { dialect, metric, outcomes } = row;
	const { id, title, unit } = metric;
	const roundsOf = (kind: Target["kind"]) =>
		targets
			.filter((target) => target.kind === kind)
			.map(({ name }) => outcomes.get(name))
			.flatMap((outcome) =>
				outcome?.state === "measured" ? [outcome.rounds] : [],
			);
	const [relay] = roundsOf("relay");
	const [bridge] = roundsOf("bridge");
	const reportGoal = ({ text, met }: Goal) => {
		const answer = bridge && met({ bridge, relay, peers: roundsOf("peer") });
		return answer === undefined ? { text } : { text, met: answer };
	};
	return {
		dialect,
		id,
		title,
		unit,
		outcomes: Object.fromEntries(
			[...outcomes].map(([name, outcome]) => [
				name,
				reportOutcome(outcome, metric.absolute ? undefined : relay),
			]),
		),
		goals: (goals[metric.id] ?? []).map(reportGoal),
	};
}

function reportOutcome(
	outcome: Outcome,
	relay: readonly number[] | undefined,
): ReportedOutcome {
	if (outcome.state === "failed") return { failed: outcome.reason };
	const { rounds } = outcome;
	const toRelay = relay && ratio(rounds, relay);
	return {
		median: median(rounds),
		...(toRelay !== undefined &&
			Number.isFinite(toRelay) && { ratio: toRelay }),
		rounds,
	};
}
