/** How far back a violation looks for what may have led to it, in ms. */
const relevantMs = 10_000;

/** What was done on purpose, when, and to whom: a server, a client, or the bridge, which concerns everybody. */
export class FaultTrail {
	readonly counts = new Map<string, number>();
	readonly #began = performance.now();
	readonly #faults: { at: number; kind: string; about: string }[] = [];

	/** @param about the name of a server or client; empty for the bridge */
	add(kind: string, about = ""): void {
		this.#faults.push({ at: performance.now(), kind, about });
		this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
	}

	/** When the bridge, or what has this name, was last disturbed. */
	lastOf(about: string): number {
		const last = this.#faults.findLast(
			(fault) => fault.about === "" || fault.about === about,
		);
		return last?.at ?? this.#began;
	}

	/** Whether there was any of these kinds since then. */
	has(kinds: readonly string[], about: string, since: number): boolean {
		return this.#faults.some(
			(fault) =>
				fault.at >= since &&
				fault.about === about &&
				kinds.includes(fault.kind),
		);
	}

	/** When it is now, and the last faults that have to do with the bridge or any of these. */
	before(abouts: readonly string[]): string {
		const now = performance.now();
		const found = this.#faults
			.filter(({ at }) => at >= now - relevantMs)
			.filter(({ about }) => about === "" || abouts.includes(about))
			.map(
				({ at, kind, about }) =>
					`${kind} ${about} ${Math.round(now - at)} ms before`,
			);
		const time = `${Math.round(now - this.#began)} ms from the beginning`;
		return [time, ...found].join(", ");
	}
}
