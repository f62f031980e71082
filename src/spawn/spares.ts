import type { Wire } from "../protocol/wire.ts";

/**
 * Processes started ahead, not initialized yet, since it is not known for whom:
 * a client that gets one does not wait for the program to load.
 */
export class Spares {
	readonly #count: () => number;
	readonly #open: () => Wire;
	readonly #wires = new Set<Wire>();

	/**
	 * @param count how many to hold ready
	 */
	constructor(count: () => number, open: () => Wire) {
		this.#count = count;
		this.#open = open;
	}

	/** Starts as many as are missing. One that dies is not replaced until one is taken, so a broken command cannot spin. */
	fill(): void {
		while (this.#wires.size < this.#count()) {
			const wire = this.#open();
			this.#wires.add(wire);
			void wire.closed.then(() => this.#wires.delete(wire));
		}
	}

	/** A spare process where there is one, else a new one. */
	take(): Wire {
		const [spare] = this.#wires;
		if (spare) this.#wires.delete(spare);
		const wire = spare ?? this.#open();
		this.fill();
		return wire;
	}

	/** Ends them all. */
	async close(): Promise<void> {
		const wires = [...this.#wires];
		this.#wires.clear();
		await Promise.all(wires.map((wire) => wire.close()));
	}
}
