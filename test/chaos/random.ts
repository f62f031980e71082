/** Draws that a seed decides (mulberry32). */
export class Random {
	readonly #seed: number;
	#state: number;

	constructor(seed: number) {
		this.#seed = seed;
		this.#state = seed;
	}

	/** From 0 to 1, without 1. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** A whole number, both ends included. */
	between(least: number, most: number): number {
		return least + Math.floor(this.next() * (most - least + 1));
	}

	chance(probability: number): boolean {
		return this.next() < probability;
	}

	pick<T>(items: readonly T[]): T {
		return items[Math.floor(this.next() * items.length)] as T;
	}

	/** One of several, each as likely as its weight says. */
	weighted<T extends { weight: number }>(items: readonly T[]): T {
		const total = items.reduce((sum, { weight }) => sum + weight, 0);
		let left = this.next() * total;
		for (const item of items) {
			left -= item.weight;
			if (left < 0) return item;
		}
		return items.at(-1) as T;
	}

	/** Draws of their own, which do not depend on how many this one has made. */
	fork(label: string): Random {
		let hash = this.#seed;
		for (const char of label)
			hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
		return new Random(hash);
	}
}
