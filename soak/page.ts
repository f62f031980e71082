import { machine } from "../bench/machine.ts";
import type { Load } from "./drive.ts";
import type { Criterion, Run } from "./judge.ts";
import { sessionKinds } from "./session-kinds.ts";
import { sessionIdleTimeoutMs } from "./start-bridge.ts";
import { table } from "./table.ts";

/** What a run is called by, apart from its numbers. */
export interface Facts {
	readonly load: Load;
	readonly runtime: string;
}

/** A run as docs/soak.md. */
export function page(
	run: Run,
	criteria: readonly Criterion[],
	{ load, runtime }: Facts,
): string {
	const { samples, after } = run;
	const last = samples.at(-1);
	const judged = samples
		.slice(samples.length / 4)
		.map(({ resident }) => resident);
	const sessions = last?.sessions ?? 0;
	const seconds = last?.seconds ?? 1;
	const { date, system, processor, cores, memoryGB } = machine();
	const flat = criteria.every(({ met }) => met);
	const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
	const count = (number: number) => Math.round(number).toLocaleString("en");
	return `# Soak run

What \`npm run soak\` wrote: ${count(sessions)} sessions through one bridge, and whether anything of them stays.

${date.slice(0, 10)}, ${runtime}, ${system}, ${cores} × ${processor}, ${memoryGB} GB. Load generator, bridge and children share the machine, and all traffic is on the loopback interface.

**${flat ? "Flat" : "Not flat"}**: ${count(sessions)} sessions in ${count(seconds)} s, at most ${load.concurrency} at one time and ${load.rate} a second; ${count(after.spawned)} child processes were started meanwhile. Every answer was checked; a wrong or missing one ends the run.

![Resident memory, file descriptors and open sessions over the number of sessions](soak.svg)

## Verdict

${verdict(criteria)}

The first quarter is not judged: code is compiled and the heap finds its size. The rate is fixed, since memory follows the number of open sessions, and that the rate. Meanwhile resident memory goes up and down with the collector, here between ${megabytes(Math.min(...judged))} and ${megabytes(Math.max(...judged))}: a loss that is small beside that is not seen here.

## Sessions

One server with \`isolation: "auto"\` and one with \`"session"\`, \`sessionIdleTimeoutMs: ${sessionIdleTimeoutMs}\`, all else as it is by default. Of 1,000 sessions:

${sessionKinds.map(({ name, share }) => `- ${share}: ${name}`).join("\n")}

## Samples

The first row is before the load, with one child started, and the last when everything was at rest again. Resident memory and descriptors are those of the bridge's process.

${table(run, 20)}
`;
}

function verdict(criteria: readonly Criterion[]): string {
	return [
		"| criterion | measured | met |",
		"|---|---|---|",
		...criteria.map(
			({ text, measured, met }) =>
				`| ${text} | ${measured} | ${met ? "yes" : "NO"} |`,
		),
	].join("\n");
}
