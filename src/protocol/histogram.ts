/** Counts of values by size, as Prometheus has them. An array of numbers: to note a value costs no more than to find its place. */
export class Histogram {
	readonly #bounds: readonly number[];
	/** One for each bound, and the last for what is above all of them. */
	readonly #counts: number[];
	#sum = 0;

	/** @param bounds the largest value of each bucket, smallest first */
	constructor(bounds: readonly number[]) {
		this.#bounds = bounds;
		this.#counts = new Array(bounds.length + 1).fill(0);
	}

	observe(value: number): void {
		let at = 0;
		while (at < this.#bounds.length && value > (this.#bounds[at] ?? 0)) at++;
		this.#counts[at] = (this.#counts[at] ?? 0) + 1;
		this.#sum += value;
	}

	/** The sum of all values. */
	get sum(): number {
		return this.#sum;
	}

	/** How many values are no larger than each bound, and than infinity. */
	get buckets(): { bound: number; count: number }[] {
		let count = 0;
		return this.#counts.map((own, at) => {
			count += own;
			return { bound: this.#bounds[at] ?? Number.POSITIVE_INFINITY, count };
		});
	}
}
