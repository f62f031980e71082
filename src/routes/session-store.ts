/** What a store needs to know of the sessions in it. */
export interface Session {
	/** Whether something of it is open, so that it cannot be idle. */
	readonly active: boolean;
	/** When it was last used, in ms since 1970. */
	readonly lastUsed: number;
	close(): void;
}

/** Whose a session is. */
export interface Owner {
	server: string;
	principal: string;
}

/** Who hears of sessions by their ids. */
export interface SessionEvents {
	added(owner: Owner, id: string): void;
	/** Whether it ended, or another bridge goes on with it. */
	gone(owner: Owner, id: string): void;
}

/** How many ended sessions are remembered. A forgotten one would be taken up again by its id; who ended it does not ask for that. */
const maxEnded = 10_000;

/** The sessions of one transport by id, each belonging to one server. */
export class SessionStore<T extends Session> {
	readonly #sessions = new Map<string, { owner: Owner; session: T }>();
	readonly #events: SessionEvents | undefined;
	readonly #perPrincipal = new Map<string, number>();
	readonly #ended = new Set<string>();
	readonly #awaited = new Map<string, Set<(session: T) => void>>();

	/** @param events who hears of what comes and goes */
	constructor(events?: SessionEvents) {
		this.#events = events;
	}

	get size(): number {
		return this.#sessions.size;
	}

	/** How many of them one principal has. */
	sizeOf(principal: string): number {
		return this.#perPrincipal.get(principal) ?? 0;
	}

	/** How many of them one server has. */
	sizeFor(server: string): number {
		let size = 0;
		for (const { owner } of this.#sessions.values()) {
			if (owner.server === server) size++;
		}
		return size;
	}

	/** Enters a session. */
	add(owner: Owner, id: string, session: T): void {
		this.#sessions.set(id, { owner, session });
		const { principal } = owner;
		this.#perPrincipal.set(principal, this.sizeOf(principal) + 1);
		this.#events?.added(owner, id);
		const awaited = this.#awaited.get(id);
		this.#awaited.delete(id);
		for (const use of awaited ?? []) use(session);
	}

	/** The session, where there is one and it belongs to that server. */
	find(server: string, id: string): T | undefined {
		const entry = this.#sessions.get(id);
		return entry?.owner.server === server ? entry.session : undefined;
	}

	/** Whether a session was ended by its client or by the time, so that its id is worth nothing any more. */
	hasEnded(id: string): boolean {
		return this.#ended.has(id);
	}

	/** The session that is entered under this id within the given time; undefined where none is. */
	whenAdded(id: string, timeoutMs: number): Promise<T | undefined> {
		return new Promise((resolve) => {
			const waiting = this.#awaited.get(id) ?? new Set();
			this.#awaited.set(id, waiting);
			const timer = setTimeout(() => {
				waiting.delete(use);
				if (waiting.size === 0) this.#awaited.delete(id);
				resolve(undefined);
			}, timeoutMs);
			const use = (session: T) => {
				clearTimeout(timer);
				resolve(session);
			};
			waiting.add(use);
		});
	}

	/** Forgets a session that has ended by itself, unless another has its id now. */
	forget(id: string, session?: T): void {
		const entry = this.#sessions.get(id);
		if (!entry || (session && entry.session !== session)) return;
		this.#sessions.delete(id);
		this.#events?.gone(entry.owner, id);
		const { principal } = entry.owner;
		const left = this.sizeOf(principal) - 1;
		if (left > 0) this.#perPrincipal.set(principal, left);
		else this.#perPrincipal.delete(principal);
	}

	/** Ends a session for good, also one that is not here: its id is worth nothing any more. */
	end(server: string, id: string): void {
		this.#remember(id);
		const session = this.find(server, id);
		if (!session) return;
		this.forget(id);
		session.close();
	}

	/** Takes out the sessions of one server, or all. Their ids stay good, for the server or the bridge that comes after. */
	takeAll(server?: string): T[] {
		const taken: T[] = [];
		for (const [id, { owner, session }] of this.#sessions) {
			if (server !== undefined && owner.server !== server) continue;
			this.forget(id);
			taken.push(session);
		}
		return taken;
	}

	/** Ends the sessions that have been idle since before `before`, in ms since 1970. */
	reap(before: number): void {
		for (const [id, { owner, session }] of this.#sessions) {
			if (session.active || session.lastUsed >= before) continue;
			this.end(owner.server, id);
		}
	}

	#remember(id: string): void {
		this.#ended.add(id);
		if (this.#ended.size <= maxEnded) return;
		for (const oldest of this.#ended) {
			this.#ended.delete(oldest);
			return;
		}
	}
}
