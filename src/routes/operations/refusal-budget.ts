/** What is counted together: refusals of one server, or of none, with one status. */
export interface RefusalKind {
	status: number;
	server?: string | undefined;
}

/** Refusals of one kind that were not logged. */
export interface Unlogged extends RefusalKind {
	count: number;
}

/** How long a window is, in ms. */
const windowMs = 60_000;
/** Refusals of one kind that are logged in a window. */
const maxOfKind = 20;
/** Refusals of all kinds that are. */
const maxOfAll = 100;

/**
 * How many refusals are logged: who scans the bridge must neither fill the disk
 * nor hide others' lines. The rest is told at the end of each minute, by kind.
 */
export class RefusalBudget {
	readonly #tell: (unlogged: Unlogged) => void;
	readonly #now: () => number;
	#until = 0;
	#logged = 0;
	readonly #kinds = new Map<string, { logged: number; unlogged: Unlogged }>();
	#timer: NodeJS.Timeout | undefined;

	/**
	 * @param tell takes what was left out, at the end of a minute
	 * @param now in ms, by a clock that only grows
	 */
	constructor(
		tell: (unlogged: Unlogged) => void,
		now: () => number = () => performance.now(),
	) {
		this.#tell = tell;
		this.#now = now;
	}

	/** Whether one more may be logged; else it is counted. */
	take({ status, server }: RefusalKind): boolean {
		const now = this.#now();
		if (now >= this.#until) {
			this.#finish();
			this.#until = now + windowMs;
		}
		const key = `${status} ${server ?? ""}`;
		const kind = this.#kinds.get(key) ?? {
			logged: 0,
			unlogged: { status, server, count: 0 },
		};
		this.#kinds.set(key, kind);
		if (kind.logged < maxOfKind && this.#logged < maxOfAll) {
			kind.logged++;
			this.#logged++;
			return true;
		}
		kind.unlogged.count++;
		this.#timer ??= setTimeout(() => this.#finish(), this.#until - now).unref();
		return false;
	}

	#finish(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const kinds = [...this.#kinds.values()];
		this.#kinds.clear();
		this.#logged = 0;
		this.#until = 0;
		for (const { unlogged } of kinds) {
			if (unlogged.count > 0) this.#tell(unlogged);
		}
	}
}
