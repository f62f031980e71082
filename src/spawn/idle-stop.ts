/** What decides when a child is stopped that nobody needs. */
export interface IdleStopOptions {
	/** How long it is kept, in ms; 0 is for ever. */
	idleTimeoutMs(): number;
	/** It runs without being asked for. */
	keepUp(): boolean;
	/** There is a child, and nobody needs it. */
	isIdle(): boolean;
	/** Stops it, after so many ms. */
	stop(idleTimeoutMs: number): void;
}

/** Stops a child that nobody has needed for a while. */
export class IdleStop {
	readonly #options: IdleStopOptions;
	#timer: NodeJS.Timeout | undefined;

	constructor(options: IdleStopOptions) {
		this.#options = options;
	}

	/** Nothing is in flight at the child: its time begins, or begins anew. */
	quiet(): void {
		const { idleTimeoutMs, keepUp, isIdle, stop } = this.#options;
		const timeoutMs = idleTimeoutMs();
		if (timeoutMs === 0 || keepUp()) return;
		this.cancel();
		this.#timer = setTimeout(() => {
			// It may have got a client meanwhile that keeps it.
			if (isIdle() && idleTimeoutMs() !== 0) stop(timeoutMs);
		}, timeoutMs);
	}

	/** It is not to be stopped for that. */
	cancel(): void {
		clearTimeout(this.#timer);
	}
}
