import type { Clock } from "../../src/multiplex/clock.ts";

/** A clock that goes when the test says so. */
export class FakeClock implements Clock {
	#now = 0;
	readonly #timers = new Set<{ at: number; work: () => void }>();

	/** How many timers are set. */
	get timers(): number {
		return this.#timers.size;
	}

	now(): number {
		return this.#now;
	}

	after(ms: number, work: () => void): () => void {
		const timer = { at: this.#now + ms, work };
		this.#timers.add(timer);
		return () => {
			this.#timers.delete(timer);
		};
	}

	/** Lets so many ms go by, with what is due in them. */
	pass(ms: number): void {
		const end = this.#now + ms;
		for (;;) {
			const [due] = [...this.#timers]
				.filter(({ at }) => at <= end)
				.sort((one, other) => one.at - other.at);
			if (!due) break;
			this.#timers.delete(due);
			this.#now = due.at;
			due.work();
		}
		this.#now = end;
	}
}
