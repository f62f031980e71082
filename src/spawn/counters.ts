import type { DropKind } from "../protocol/drop-kinds.ts";
import { Histogram } from "../protocol/histogram.ts";
import type { ExitCode, Stop } from "../protocol/wire.ts";

/** Upper bounds of the time that a child takes to get ready, in s. */
const startSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** What happened to one server since the bridge started, for status pages. */
export class Counters {
	#spawned = 0;
	#noise = 0;
	#lastNoise: string | undefined;
	/** From the start of each child that got ready until then, in s. */
	readonly startTimes = new Histogram(startSeconds);
	readonly #failures = new Map<string, number>();
	#retried = 0;
	readonly #repaired = new Map<string, number>();
	readonly #stops = new Map<string, number>();
	#lastStop: Stop | undefined;
	readonly #dropped = new Map<string, number>();
	readonly #limits = new Map<string, number>();

	/** A process was started. */
	spawn(): void {
		this.#spawned++;
	}

	/** A child got ready, so many ms after it was started. */
	ready(ms: number): void {
		this.startTimes.observe(ms / 1000);
	}

	/** A child died, or could not be started. */
	fail(code: ExitCode): void {
		count(this.#failures, code);
	}

	/** A line on stdout was no message: its beginning. */
	noise(line: string): void {
		this.#noise++;
		this.#lastNoise = line;
	}

	/** A message on stdout was not as it should be, and was mended. */
	repair(kind: string): void {
		count(this.#repaired, kind);
	}

	/** A request was sent to another child after its own had died. */
	retry(): void {
		this.#retried++;
	}

	/** A process that was asked to end has ended. */
	stop(stop: Stop): void {
		count(this.#stops, stop.by);
		this.#lastStop = stop;
	}

	/** A message had nobody to go to. */
	drop(kind: DropKind): void {
		count(this.#dropped, kind);
	}

	/** A bound was reached: the option's name. */
	limit(option: string): void {
		count(this.#limits, option);
	}

	/** The counts so far. */
	snapshot() {
		return {
			spawned: this.#spawned,
			noiseLines: this.#noise,
			lastNoiseLine: this.#lastNoise,
			repaired: Object.fromEntries(this.#repaired),
			childFailures: Object.fromEntries(this.#failures),
			stops: Object.fromEntries(this.#stops),
			lastStop: this.#lastStop,
			retried: this.#retried,
			dropped: Object.fromEntries(this.#dropped),
			limitsReached: Object.fromEntries(this.#limits),
		};
	}
}

function count(counts: Map<string, number>, key: string): void {
	counts.set(key, (counts.get(key) ?? 0) + 1);
}
