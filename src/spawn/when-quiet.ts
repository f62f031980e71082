/** Waits for what is looked at whenever nothing is in flight. */
export class WhenQuiet {
	readonly #looks = new Set<() => void>();

	/** Nothing is in flight. */
	look(): void {
		for (const look of this.#looks) look();
	}

	/** Settles when it is done, at the latest after the given time. */
	until(isDone: () => boolean, timeoutMs: number): Promise<void> {
		if (isDone()) return Promise.resolve();
		return new Promise((resolve) => {
			const finish = () => {
				clearTimeout(timer);
				this.#looks.delete(look);
				resolve();
			};
			const look = () => {
				if (isDone()) finish();
			};
			const timer = setTimeout(finish, timeoutMs);
			this.#looks.add(look);
		});
	}
}
