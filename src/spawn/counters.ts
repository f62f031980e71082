/** What happened to one server since the bridge started, for status pages. */
export class Counters {
	#spawned = 0;
	#noise = 0;
	#retried = 0;
	readonly #dropped = new Map<string, number>();
	readonly #limits = new Map<string, number>();

	/** A process was started. */
	spawn(): void {
		this.#spawned++;
	}

	/** A line on stdout was no message. */
	noise(): void {
		this.#noise++;
	}

	/** A request was sent to another child after its own had died. */
	retry(): void {
		this.#retried++;
	}

	/** A message had nobody to go to. */
	drop(kind: string): void {
		this.#dropped.set(kind, (this.#dropped.get(kind) ?? 0) + 1);
	}

	/** A bound was reached: the option's name. */
	limit(option: string): void {
		this.#limits.set(option, (this.#limits.get(option) ?? 0) + 1);
	}

	/** The counts so far. */
	snapshot() {
		return {
			spawned: this.#spawned,
			noiseLines: this.#noise,
			retried: this.#retried,
			dropped: Object.fromEntries(this.#dropped),
			limitsReached: Object.fromEntries(this.#limits),
		};
	}
}
