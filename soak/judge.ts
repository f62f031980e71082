import { median } from "../bench/statistics.ts";
import type { Sample } from "./sample.ts";
import { isAtRest } from "./settle.ts";
import { slope } from "./slope.ts";

/** What one run has measured. */
export interface Run {
	/** With the first child started, before the load. */
	readonly before: Sample;
	/** Under load, evenly over the sessions. */
	readonly samples: readonly Sample[];
	/** At rest again. */
	readonly after: Sample;
	/** Children that were left when the bridge had ended. */
	readonly leftBehind: number;
}

export interface Criterion {
	readonly text: string;
	readonly measured: string;
	readonly met: boolean;
}

type Quantity = "resident" | "descriptors";

/** By how much the second half may be over the quarter before it, and rise in itself: what chance makes of a flat run is well below that. */
const tolerance: Record<Quantity, number> = {
	resident: 0.05,
	descriptors: 0.1,
};

/** The run is flat if every criterion is met. */
export function judge({
	before,
	samples,
	after,
	leftBehind,
}: Run): readonly Criterion[] {
	const total = samples.at(-1)?.sessions ?? 0;
	const between = (from: number, to: number) =>
		samples.filter(
			({ sessions }) => sessions > from * total && sessions <= to * total,
		);
	const quarter = between(0.25, 0.5);
	const half = between(0.5, 1);
	const level = (of: Quantity, text: string): Criterion => {
		const ratio =
			median(half.map((sample) => sample[of])) /
			median(quarter.map((sample) => sample[of]));
		return {
			text: `${text}: median of the second half of the sessions at most ${1 + tolerance[of]} × the median of the quarter before`,
			measured: `${ratio.toFixed(3)} ×`,
			met: ratio <= 1 + tolerance[of],
		};
	};
	const trend = (of: Quantity, text: string): Criterion => {
		const rise =
			(slope(half.map((each) => ({ x: each.sessions, y: each[of] }))) *
				(total / 2)) /
			median(half.map((sample) => sample[of]));
		return {
			text: `${text}: line of least squares through the second half rises by at most ${tolerance[of] * 100} % over it`,
			measured: `${(rise * 100).toFixed(1)} %`,
			met: rise <= tolerance[of],
		};
	};
	return [
		level("resident", "Resident memory"),
		trend("resident", "Resident memory"),
		level("descriptors", "File descriptors"),
		{
			text: "At rest after the load: no session and no stream open, no more descriptors and child processes than before it",
			measured: `${after.openSessions} and ${after.openStreams}, ${after.descriptors} (before: ${before.descriptors}) and ${after.children} (before: ${before.children})`,
			met: isAtRest(after, before),
		},
		{
			text: "No bound of the bridge was reached",
			measured: after.reached.join(", ") || "none",
			met: after.reached.length === 0,
		},
		{
			text: "No process is left after SIGTERM",
			measured: String(leftBehind),
			met: leftBehind === 0,
		},
	];
}
