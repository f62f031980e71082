/** What a store needs to know of the sessions in it. */
export interface Session {
	/** Whether something of it is open, so that it cannot be idle. */
	readonly active: boolean;
	/** When it was last used, in ms since 1970. */
	readonly lastUsed: number;
	close(): void;
}

/** The sessions of one transport by id, each belonging to one server. */
export class SessionStore<T extends Session> {
	readonly #sessions = new Map<string, { server: string; session: T }>();

	get size(): number {
		return this.#sessions.size;
	}

	/** Enters a session; gives its id. */
	add(server: string, session: T): string {
		const id = crypto.randomUUID();
		this.#sessions.set(id, { server, session });
		return id;
	}

	/** The session, where there is one and it belongs to that server. */
	find(server: string, id: string): T | undefined {
		const entry = this.#sessions.get(id);
		return entry?.server === server ? entry.session : undefined;
	}

	/** Forgets a session that has ended by itself. */
	forget(id: string): void {
		this.#sessions.delete(id);
	}

	/** Forgets and closes a session; false where there was none. */
	end(server: string, id: string): boolean {
		const session = this.find(server, id);
		if (!session) return false;
		this.#sessions.delete(id);
		session.close();
		return true;
	}

	/** Ends the sessions of one server, or all. */
	endAll(server?: string): void {
		for (const [id, entry] of this.#sessions) {
			if (server === undefined || entry.server === server) {
				this.end(entry.server, id);
			}
		}
	}

	/** Ends the sessions that have been idle since before `before`, in ms since 1970. */
	reap(before: number): void {
		for (const [id, { server, session }] of this.#sessions) {
			if (!session.active && session.lastUsed < before) this.end(server, id);
		}
	}
}
