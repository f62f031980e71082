import type { Audience } from "./audience.ts";
import { isLeftAtWork } from "./given-errors.ts";
import type { Members, Request } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import type { Receive } from "./peer.ts";
import type { Link } from "./recipients.ts";

/** Keeps a legacy child set up as its clients want it: subscribed to what any of them is, at the level that all need. */
export class ChildSettings {
	readonly #audience: Audience<Link>;
	readonly #outbox: Outbox;

	constructor(audience: Audience<Link>, outbox: Outbox) {
		this.#audience = audience;
		this.#outbox = outbox;
	}

	/** Sets a child up as the one before it. */
	setUp(): void {
		const { level, subscriptions } = this.#audience;
		if (level) this.#ask("logging/setLevel", { level });
		for (const uri of subscriptions) {
			this.#ask("resources/subscribe", { uri }, (message) => {
				if ("result" in message) this.#audience.agreed(uri);
				else if ("error" in message && !isLeftAtWork(message.error)) {
					this.#audience.refused(uri);
				}
			});
		}
	}

	/** A client has taken back what it asked for; the child may have agreed to it already. */
	undo(link: Link, request: Request): void {
		const uri = this.#audience.undo(link, request);
		if (uri !== undefined) this.#ask("resources/unsubscribe", { uri });
	}

	/** A client has gone. */
	leave(link: Link): void {
		for (const uri of this.#audience.leave(link)) {
			this.#ask("resources/unsubscribe", { uri });
		}
	}

	#ask(method: string, params: Members, receive: Receive = () => {}): void {
		// A modern child has none of these methods: what was set up there is its clients' own.
		if (this.#outbox.child?.era === "modern") return;
		this.#outbox.askOwn(method, params, receive);
	}
}
