import type { Ledger } from "./ledger.ts";
import type { Message } from "./messages.ts";
import type { Receive } from "./peer.ts";

/** One client on a child. */
export interface Link {
	/** Takes what belongs to no request of it. */
	listener: Receive;
}

/** Decides whose a child's message is that names no request, and by which way it gets there. */
export class Recipients {
	readonly #shared: boolean;
	readonly #links: ReadonlySet<Link>;
	readonly #ledger: Ledger<Link>;

	/**
	 * @param shared several clients are on the child
	 * @param links all of them
	 */
	constructor(shared: boolean, links: ReadonlySet<Link>, ledger: Ledger<Link>) {
		this.#shared = shared;
		this.#links = links;
		this.#ledger = ledger;
	}

	/** The one client of a child that nobody shares. */
	only(): Link | undefined {
		return this.#shared ? undefined : [...this.#links][0];
	}

	/**
	 * Whose it must be: the only client's, or the only one's with requests in
	 * flight. Undefined where nobody can know, also because another's request
	 * was given up and the child has not answered it.
	 */
	certain(): Link | undefined {
		if (!this.#shared) return this.only();
		let certain: Link | undefined;
		for (const owner of this.#ledger.speakers()) {
			if (certain && owner !== certain) return undefined;
			certain = owner;
		}
		return certain && this.#links.has(certain) ? certain : undefined;
	}

	/** A message goes with the client's only request in flight, else to its listener. */
	deliver(link: Link, message: Message): void {
		let receive: Receive | undefined;
		for (const asked of this.#ledger.inFlight()) {
			if (asked.owner !== link) continue;
			if (receive) {
				link.listener(message);
				return;
			}
			receive = asked.receive;
		}
		(receive ?? link.listener)(message);
	}
}

/** Notifications that say something of one client and so mean nothing on a child that several share. */
export function isOfOneClient(method: string): boolean {
	return (
		method === "notifications/roots/list_changed" ||
		method === "notifications/progress"
	);
}
