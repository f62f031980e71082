import {
	addFailure,
	addNote,
	addNumbers,
	emptyResults,
	hasFailed,
	type Results,
} from "./results.ts";
import type { Sizes } from "./sizes.ts";
import { type Dialect, dialects, type Running, type Target } from "./target.ts";
import type { Workload } from "./workload.ts";
import { coldStart } from "./workloads/cold-start.ts";
import { idle } from "./workloads/idle.ts";
import {
	largeArguments,
	largeNumbers,
	largeResults,
} from "./workloads/large.ts";
import { latency } from "./workloads/latency.ts";
import { churn, memory } from "./workloads/memory.ts";
import { shortSessions } from "./workloads/short-sessions.ts";
import { throughput } from "./workloads/throughput.ts";

/** @param step its number, from 1 on */
type Progress = (step: number, text: string) => void;

const load = [
	latency,
	throughput,
	largeArguments,
	largeResults,
	largeNumbers,
	shortSessions,
];

/** How many steps a run has. */
export function stepCount(targets: readonly Target[], sizes: Sizes): number {
	const all = dialects.flatMap((dialect) =>
		[
			...Array.from({ length: sizes.coldStarts }, () => coldStart),
			...Array.from({ length: sizes.rounds + 1 }, () => load).flat(),
			...[memory, churn, idle],
		].flatMap((workload) =>
			targets.filter((target) => concerns(workload, dialect, target)),
		),
	);
	return all.length;
}

/** Everything, one dialect after the other. */
export async function run(
	targets: readonly Target[],
	sizes: Sizes,
	progress: Progress,
): Promise<Results> {
	const results = emptyResults();
	let step = 0;
	const next = (text: string) => progress(++step, text);
	for (const dialect of dialects) {
		const context = { results, dialect, sizes, next };

		for (let i = 1; i <= sizes.coldStarts; i++)
			await round(context, `round ${i}`, [coldStart], targets.map(fresh));

		const started = await startAll(targets, dialect);
		// For the compilers to see all of the code, the generator's own included.
		await round({ ...context, discard: true }, "warm-up", load, started);
		for (let i = 1; i <= sizes.rounds; i++)
			await round(context, `round ${i}`, load, started);
		await round(context, "after the load", [memory, churn], started);
		await stopAll(results, started);

		await round(context, "fresh", [idle], targets.map(fresh));
	}
	return results;
}

interface Context {
	readonly results: Results;
	readonly dialect: Dialect;
	readonly sizes: Sizes;
	readonly next: (text: string) => void;
	/** Numbers are not kept; failures are. */
	readonly discard?: boolean;
}

/** One target after the other, so that a drift of the machine hits all of them alike. */
async function round(
	{ results, dialect, sizes, next, discard }: Context,
	name: string,
	workloads: readonly Workload[],
	started: readonly Started[],
): Promise<void> {
	for (const workload of workloads)
		for (const { target, running } of started) {
			if (!concerns(workload, dialect, target)) continue;
			next(`${dialect}, ${name}: ${workload.name} of ${target.name}`);
			if (hasFailed(results, dialect, workload, target)) continue;
			try {
				if (running instanceof Error) throw running;
				const note = (text: string) => addNote(results, target, text);
				const subject = { target, dialect, running, note };
				const numbers = await workload.measure(subject, sizes);
				if (!discard) addNumbers(results, dialect, workload, target, numbers);
			} catch (error) {
				const ended = running instanceof Error ? undefined : running.ended();
				addFailure(results, dialect, workload, target, ended ?? error);
			}
		}
}

/** A target and its instance of the run, which may have failed to start. */
interface Started {
	readonly target: Target;
	readonly running: Running | Error;
}

/** Workloads of fresh instances start their own. */
function fresh(target: Target): Started {
	const none = () => {
		throw new Error("this workload starts instances of its own");
	};
	return {
		target,
		running: { pid: 0, connect: none, ended: () => undefined, stop: none },
	};
}

function startAll(
	targets: readonly Target[],
	dialect: Dialect,
): Promise<Started[]> {
	return Promise.all(
		targets.map(async (target) => ({
			target,
			running: await target
				.start(dialect)
				.catch((error) => new Error(`Cannot start: ${error.message}`)),
		})),
	);
}

async function stopAll(
	results: Results,
	started: readonly Started[],
): Promise<void> {
	for (const { target, running } of started) {
		if (running instanceof Error) continue;
		if ((await running.stop()) > 0)
			addNote(results, target, "leaves its children running after SIGTERM");
	}
}

function concerns(
	workload: Workload,
	dialect: Dialect,
	target: Target,
): boolean {
	if (workload.bridgesOnly && target.kind === "direct") return false;
	return workload.dialects?.includes(dialect) ?? true;
}
