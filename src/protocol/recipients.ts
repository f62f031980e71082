import type { Settings } from "./audience.ts";
import type { Ledger } from "./ledger.ts";
import type { Message, Request } from "./messages.ts";
import type { Receive } from "./peer.ts";
import type { Waiting } from "./waiting-line.ts";

/** One client on a child. */
export interface Link {
	/** Takes what belongs to no request of it. */
	listener: Receive;
	/** It wants to hear a question also where the child was not told that it can be asked. */
	readonly takesQuestions: boolean;
	/** Nothing follows: there will be no other child. */
	readonly ended: () => void;
	/**
	 * The client speaks to a legacy child, and the one that has come is modern:
	 * takes what waited for it, and what it had set up.
	 */
	readonly turned?: (waiting: Waiting<Link>[], settings: Settings) => void;
}

/** What a client wants to hear of, besides what is its own. */
export type LinkOptions = Partial<Omit<Link, "listener">>;

/** A client that nobody has connected yet. */
export function linkOf({
	takesQuestions = false,
	ended = () => {},
	turned,
}: LinkOptions = {}): Link {
	const link = { listener: () => {}, takesQuestions, ended };
	return turned ? { ...link, turned } : link;
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

	/** Who is to answer a question of the child. */
	asked({ method }: Request): Link | undefined {
		const speaker = this.#speaker();
		const link = speaker?.takesQuestions ? speaker : undefined;
		if (this.#shared) return link;
		// Roots are what a child asks for of its own accord, whatever it is doing.
		return method === "roots/list" ? this.#only() : (link ?? this.#only());
	}

	/**
	 * Whose it must be: the only client's, or the only one's with requests in
	 * flight. Undefined where nobody can know, also because another's request
	 * was given up and the child has not answered it.
	 */
	certain(): Link | undefined {
		return this.#shared ? this.#speaker() : this.#only();
	}

	/** The only one on whose behalf the child may be speaking. */
	#speaker(): Link | undefined {
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

	/** The client of a child that nobody shares: the first of its links. */
	#only(): Link | undefined {
		const [first] = this.#links;
		return first;
	}
}

/** Notifications that say something of one client and so mean nothing on a child that several share. */
export function isOfOneClient(method: string): boolean {
	return (
		method === "notifications/roots/list_changed" ||
		method === "notifications/progress"
	);
}
