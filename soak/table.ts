import type { Run } from "./judge.ts";
import type { Sample } from "./sample.ts";

const columns: readonly (readonly [
	title: string,
	cell: (sample: Sample) => string,
])[] = [
	["sessions so far", ({ sessions }) => sessions.toLocaleString("en")],
	["s", ({ seconds }) => seconds.toFixed(0)],
	["resident, MB", ({ resident }) => (resident / 1e6).toFixed(1)],
	["descriptors", ({ descriptors }) => String(descriptors)],
	["child processes", ({ children }) => String(children)],
	["open sessions", ({ openSessions }) => String(openSessions)],
	["open streams", ({ openStreams }) => String(openStreams)],
];

/** About so many samples of a run as a Markdown table, between those at rest. */
export function table({ before, samples, after }: Run, rows: number): string {
	const step = Math.max(1, Math.round(samples.length / rows));
	const shown = samples.filter((_, i) => (i + 1) % step === 0);
	const cells = [
		columns.map(([title]) => title),
		...[before, ...shown, after].map((sample) =>
			columns.map(([, cell]) => cell(sample)),
		),
	];
	const widths = columns.map((_, i) =>
		Math.max(...cells.map((row) => row[i]?.length ?? 0)),
	);
	const line = (row: readonly string[]) =>
		`| ${row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(" | ")} |`;
	const [header = [], ...body] = cells;
	const rule = widths.map((width) => `${"-".repeat(width - 1)}:`);
	return [line(header), line(rule), ...body.map(line)].join("\n");
}
