import type { Report, ReportedMetric, ReportedOutcome } from "./report.ts";
import { dialects } from "./target.ts";

/** A report as Markdown that is also readable as it is. */
export function table(report: Report): string {
	const failures: string[] = [];
	const sections = dialects.map((dialect) => {
		const metrics = report.metrics.filter((each) => each.dialect === dialect);
		return [
			`## ${dialect}`,
			"",
			...align([
				["", ...report.targets.map(({ name }) => name), "goal", "met"],
				...metrics.map((metric) => row(metric, report, failures)),
			]),
			"",
		];
	});
	return [
		...head(report),
		"",
		...sections.flat(),
		...foot(report, failures),
	].join("\n");
}

function head({ machine, targets, sizes }: Report): string[] {
	return [
		`${machine.date}, Node ${machine.node.slice(1)}, ${machine.system}, ${machine.cores} × ${machine.processor}, ${machine.memoryGB} GB, load ${machine.load}`,
		targets.map(({ name, version }) => `${name} ${version}`).join(", "),
		`Medians of ${sizes.rounds} rounds. Ratios are to the relay of the same round.`,
	];
}

function row(
	metric: ReportedMetric,
	{ targets }: Report,
	failures: string[],
): string[] {
	const cell = (name: string): string => {
		const outcome = metric.outcomes[name];
		if (!outcome) return "–";
		if (!("failed" in outcome)) return measured(outcome, metric.unit);
		const failure = `${name}: ${outcome.failed}`;
		if (!failures.includes(failure)) failures.push(failure);
		return `failed (${failures.indexOf(failure) + 1})`;
	};
	return [
		metric.title,
		...targets.map(({ name }) => cell(name)),
		metric.goals.map(({ text }) => text).join(", "),
		metric.goals.map(({ met }) => verdict(met)).join(", "),
	];
}

function verdict(met: boolean | undefined): string {
	if (met === undefined) return "?";
	return met ? "yes" : "NO";
}

function measured(
	{ median, ratio }: Exclude<ReportedOutcome, { failed: string }>,
	unit: string,
): string {
	const absolute = `${round(median)}${unit && ` ${unit}`}`;
	return ratio === undefined ? absolute : `${ratio.toFixed(2)} × (${absolute})`;
}

function round(value: number): string {
	if (value === 0 || Math.abs(value) >= 100) return value.toFixed(0);
	return value.toPrecision(3);
}

function foot({ notes }: Report, failures: readonly string[]): string[] {
	return [
		...failures.map((text, i) => `(${i + 1}) failed: ${text}`),
		...Object.entries(notes).flatMap(([name, texts]) =>
			texts.map((text) => `Note: ${name} ${text}`),
		),
	];
}

/** Rows as a Markdown table, its columns of equal width. */
function align(rows: readonly (readonly string[])[]): string[] {
	const widths = (rows[0] ?? []).map((_, column) =>
		Math.max(3, ...rows.map((cells) => cells[column]?.length ?? 0)),
	);
	const line = (cells: readonly string[]) =>
		`| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
	const [header = [], ...body] = rows;
	return [
		line(header),
		line(widths.map((width) => "-".repeat(width))),
		...body.map(line),
	];
}
