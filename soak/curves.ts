import type { Sample } from "./sample.ts";

const width = 780;
const panelHeight = 190;
const margin = { left: 70, right: 40, top: 34, bottom: 26 };

interface Panel {
	readonly title: string;
	readonly className: string;
	value(sample: Sample): number;
}

const panels: readonly Panel[] = [
	{
		title: "Resident memory of the bridge, MB",
		className: "memory",
		value: ({ resident }) => resident / 1e6,
	},
	{
		title: "File descriptors of the bridge",
		className: "descriptors",
		value: ({ descriptors }) => descriptors,
	},
	{
		title: "Open sessions (abandoned ones are reaped after 5 to 10 s)",
		className: "sessions",
		value: ({ openSessions }) => openSessions,
	},
];

/** Samples as an SVG image with one panel below the other over the number of sessions; its colours follow the reader's mode. */
export function curves(samples: readonly Sample[]): string {
	const height = panels.length * panelHeight + 24;
	const last = Math.max(1, ...samples.map(({ sessions }) => sessions));
	const x = (sessions: number) =>
		margin.left + (sessions / last) * (width - margin.left - margin.right);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${panels.map(({ title }) => title).join("; ")}">
<style>
${style}
</style>
<rect class="background" width="${width}" height="${height}"/>
${panels.map((panel, i) => draw(panel, samples, i * panelHeight, x)).join("\n")}
${ticks(last)
	.filter((tick) => tick <= last)
	.map((tick) => text(x(tick), height - 26, "middle", format(tick)))
	.join("\n")}
${text(width / 2, height - 8, "middle", "sessions so far")}
</svg>
`;
}

function draw(
	{ title, className, value }: Panel,
	samples: readonly Sample[],
	offset: number,
	x: (sessions: number) => number,
): string {
	const top = offset + margin.top;
	const bottom = offset + panelHeight - margin.bottom;
	const steps = ticks(Math.max(1, ...samples.map(value)));
	const highest = steps.at(-1) ?? 1;
	const y = (amount: number) => bottom - (amount / highest) * (bottom - top);
	const points = samples.map(
		(sample) =>
			`${x(sample.sessions).toFixed(1)},${y(value(sample)).toFixed(1)}`,
	);
	return [
		`<text class="title" x="${margin.left}" y="${top - 12}">${title}</text>`,
		...steps.flatMap((step) => [
			`<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(step).toFixed(1)}" y2="${y(step).toFixed(1)}"/>`,
			text(margin.left - 8, y(step) + 4, "end", format(step)),
		]),
		`<polyline class="${className}" points="${points.join(" ")}"/>`,
	].join("\n");
}

/** Round numbers from 0 to the first that is not below `highest`. */
function ticks(highest: number): number[] {
	const magnitude = 10 ** Math.floor(Math.log10(highest / 4));
	const step =
		[1, 2, 2.5, 5, 10]
			.map((factor) => factor * magnitude)
			.find((candidate) => candidate * 5 >= highest) ?? highest;
	const count = Math.ceil(highest / step);
	return Array.from({ length: count + 1 }, (_, i) => i * step);
}

function text(x: number, y: number, anchor: string, content: string): string {
	return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${content}</text>`;
}

function format(value: number): string {
	return value.toLocaleString("en");
}

const style = `text { font: 12px sans-serif; fill: #57606a; }
.title { font-weight: bold; fill: #24292f; }
.background { fill: #ffffff; }
line { stroke: #d0d7de; }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.memory { stroke: #0969da; }
.descriptors { stroke: #bc4c00; }
.sessions { stroke: #1a7f37; }
@media (prefers-color-scheme: dark) {
	text { fill: #9198a1; }
	.title { fill: #e6edf3; }
	.background { fill: #0d1117; }
	line { stroke: #30363d; }
	.memory { stroke: #58a6ff; }
	.descriptors { stroke: #f0883e; }
	.sessions { stroke: #3fb950; }
}`;
