/** A start that waits for its turn, or has it. */
interface Start {
	/** Who starts: turns go round among these. */
	starter: string;
	begin(leave: () => void): void;
}

/** A start that takes longer gives its turn up: a server that hangs must not keep others waiting. */
const longestTurnMs = 2000;

/** Caps how many children of all servers are starting at one time. */
export class StartGate {
	readonly #most: number;
	readonly #waiting: Start[] = [];
	readonly #starting = new Map<Start, NodeJS.Timeout>();
	/** Who has begun a start, the one who did so longest ago first. */
	readonly #begun = new Set<string>();
	#isPumping = false;

	constructor(most: number) {
		this.#most = most;
	}

	/**
	 * Begins a start when it is its turn, at once where there is room.
	 *
	 * @param begin called once, unless it is given up before; calls `leave` when the child is ready or gone
	 * @returns gives the start up
	 */
	enter(starter: string, begin: (leave: () => void) => void): () => void {
		const start = { starter, begin };
		this.#waiting.push(start);
		this.#pump();
		return () => {
			const index = this.#waiting.indexOf(start);
			if (index !== -1) this.#waiting.splice(index, 1);
		};
	}

	#pump(): void {
		// A start that is refused leaves at once: the loop goes on with the next.
		if (this.#isPumping) return;
		this.#isPumping = true;
		try {
			while (this.#starting.size < this.#most) {
				const start = this.#next();
				if (!start) return;
				const leave = () => this.#leave(start);
				this.#starting.set(start, setTimeout(leave, longestTurnMs));
				this.#begun.delete(start.starter);
				this.#begun.add(start.starter);
				start.begin(leave);
			}
		} finally {
			this.#isPumping = false;
		}
	}

	/** The first of the starter that has the fewest turns now, and among these of the one whose last was longest ago. */
	#next(): Start | undefined {
		const order = [...this.#begun];
		let next: Start | undefined;
		let least: readonly [number, number] = [Number.POSITIVE_INFINITY, 0];
		for (const start of this.#waiting) {
			const { starter } = start;
			const rank = [this.#turnsOf(starter), order.indexOf(starter)] as const;
			const isSooner =
				rank[0] < least[0] || (rank[0] === least[0] && rank[1] < least[1]);
			if (isSooner) [next, least] = [start, rank];
		}
		if (next) this.#waiting.splice(this.#waiting.indexOf(next), 1);
		return next;
	}

	#turnsOf(starter: string): number {
		let turns = 0;
		for (const start of this.#starting.keys()) {
			if (start.starter === starter) turns++;
		}
		return turns;
	}

	#leave(start: Start): void {
		clearTimeout(this.#starting.get(start));
		if (this.#starting.delete(start)) this.#pump();
	}
}
