import type { Wire } from "../protocol/wire.ts";

/**
 * Processes started ahead, not initialized yet, since it is not known for whom:
 * a client that gets one does not wait for the program to load.
 */
export class Spares {
	readonly #count: () => number;
	readonly #open: () => Wire;
	readonly #enter: (begin: () => void) => () => void;
	readonly #wires = new Set<Wire>();
	/** Starts that wait for their turn. */
	readonly #queued = new Set<() => void>();

	/**
	 * @param count how many to hold ready
	 * @param enter waits for the turn to start one; gives the turn up where it is called
	 */
	constructor(
		count: () => number,
		open: () => Wire,
		enter: (begin: () => void) => () => void,
	) {
		this.#count = count;
		this.#open = open;
		this.#enter = enter;
	}

	/** The process ids of those that are there. */
	get pids(): number[] {
		return [...this.#wires].flatMap(({ pid }) => pid ?? []);
	}

	/** Starts as many as are missing. One that dies is not replaced until one is taken, so a broken command cannot spin. */
	fill(): void {
		while (this.#wires.size + this.#queued.size < this.#count()) this.#queue();
	}

	/** A spare process where there is one, else a new one. */
	take(): Wire {
		const [spare] = this.#wires;
		if (spare) this.#wires.delete(spare);
		const wire = spare ?? this.#open();
		this.fill();
		return wire;
	}

	#queue(): void {
		let begun = false;
		let giveUp = () => {};
		giveUp = this.#enter(() => {
			begun = true;
			this.#queued.delete(giveUp);
			const wire = this.#open();
			this.#wires.add(wire);
			void wire.closed.then(() => this.#wires.delete(wire));
		});
		if (!begun) this.#queued.add(giveUp);
	}

	/** Ends them all. */
	async close(): Promise<void> {
		for (const giveUp of this.#queued) giveUp();
		this.#queued.clear();
		const wires = [...this.#wires];
		this.#wires.clear();
		await Promise.all(wires.map((wire) => wire.close()));
	}
}
