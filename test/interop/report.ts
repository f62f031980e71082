import { table } from "../harness/table.ts";
import { type Outcome, type Step, stepNames } from "./outcome.ts";

const mark = (step: Step | undefined): string => {
	switch (step?.kind) {
		case "passed":
			return step.note === undefined ? "✓" : `✓ ${step.note}`;
		case "not there":
			return "–";
		case "failed":
			return "✗";
		case undefined:
			return "";
	}
};

/** The outcomes as a table, and under it why something is not as it should be. */
export function report(
	outcomes: readonly Outcome[],
	nameOf: (outcome: Outcome) => string,
): string {
	const rows = outcomes.map((outcome) => [
		nameOf(outcome),
		outcome.version,
		outcome.date,
		`\`${outcome.transport}\``,
		...stepNames.map((name) =>
			outcome.notTried === undefined ? mark(outcome.steps[name]) : "not tried",
		),
	]);
	const reasons = reasonsOf(outcomes);
	return [
		table([["client", "version", "tried", "transport", ...stepNames], ...rows]),
		...(reasons.length === 0 ? [] : ["", ...reasons]),
	].join("\n");
}

/** A line for each reason or remark; the transports of one client that share it share the line. */
function reasonsOf(outcomes: readonly Outcome[]): string[] {
	const reasons = new Map<
		string,
		{ of: string; text: string; over: string[] }
	>();
	for (const outcome of outcomes) {
		const of = `${outcome.client} ${outcome.version}`;
		for (const text of textsOf(outcome)) {
			const key = `${of}: ${text}`;
			const reason = reasons.get(key) ?? { of, text, over: [] };
			reason.over.push(`\`${outcome.transport}\``);
			reasons.set(key, reason);
		}
	}
	return [...reasons.values()].map(
		({ of, text, over }) => `- ${of}, ${over.join(" and ")}: ${text}.`,
	);
}

function textsOf({ steps, remark, notTried }: Outcome): string[] {
	if (notTried !== undefined) return [`not tried: ${notTried}`];
	return [
		...(remark === undefined ? [] : [remark]),
		...stepNames.flatMap((name) => {
			const step = steps[name];
			return step && "reason" in step
				? [`${mark(step)} ${name}: ${step.reason}`]
				: [];
		}),
	];
}

/** An outcome in one line. */
export function line({
	client,
	version,
	transport,
	steps,
	notTried,
}: Outcome): string {
	const what =
		notTried === undefined
			? stepNames.map((name) => `${name} ${mark(steps[name]) || "not tried"}`)
			: ["not tried"];
	return `${client} ${version}, ${transport}: ${what.join(", ")}`;
}
