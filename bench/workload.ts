import { initialize, type Session } from "./clients/session.ts";
import type { Sizes } from "./sizes.ts";
import type { Dialect, Running, Target } from "./target.ts";

export interface Metric {
	readonly id: string;
	readonly title: string;
	readonly unit: "ms" | "µs" | "calls/s" | "MB" | "kB" | "×" | "";
	/** Its ratio to the relay says nothing. */
	readonly absolute?: boolean;
}

/** Something done to one target, and the numbers that come of it. */
export interface Workload {
	readonly name: string;
	readonly metrics: readonly Metric[];
	/** Not for `direct`, which has no sessions and no process of its own. */
	readonly bridgesOnly?: boolean;
	readonly dialects?: readonly Dialect[];
	measure(subject: Subject, sizes: Sizes): Promise<Numbers>;
}

/** By the id of the metric. */
export type Numbers = Record<string, number>;

export interface Subject {
	readonly target: Target;
	readonly dialect: Dialect;
	/** The instance that runs through all the rounds. Workloads that need a fresh one start `target` themselves. */
	readonly running: Running;
	/** Something a reader of the numbers has to know. */
	note(text: string): void;
}

/** Runs a series on a session of its own and closes it, also when the series fails. */
export async function withSession<T>(
	{ running, note }: Pick<Subject, "running" | "note">,
	series: (session: Session) => Promise<T>,
): Promise<T> {
	const session = await running.connect();
	try {
		await initialize(session);
		return await series(session);
	} finally {
		if (session.strays() > 0)
			note("sends a client answers to nothing it asked");
		await session.close();
	}
}

/** Repeats `step` and gives how long each took, in ms. */
export async function timed(
	count: number,
	{ seriesMs }: Sizes,
	step: () => Promise<void>,
): Promise<number[]> {
	const durations: number[] = [];
	const deadline = performance.now() + seriesMs;
	let before = performance.now();
	while (durations.length < count && before < deadline) {
		await step();
		const after = performance.now();
		durations.push(after - before);
		before = after;
	}
	return durations;
}
