import { isAtLeast, isLogLevel, leastSevere } from "./log-levels.ts";
import type { Request } from "./messages.ts";

/** What a client has set up on a legacy child. */
export interface Settings {
	/** Its log level, where it has set one. */
	level: string | undefined;
	/** Of the resources that it is subscribed to. */
	uris: readonly string[];
}

/**
 * Which of a child's clients wants to hear what: resource subscriptions,
 * counted over the clients, and each client's own log level. Pure.
 */
export class Audience<Owner> {
	readonly #subscribers = new Map<string, Set<Owner>>();
	/** The URIs whose subscription the child has agreed to. */
	readonly #agreed = new Set<string>();
	readonly #levels = new Map<Owner, string>();
	/** Requests for a subscription that their client did not have before. */
	readonly #noted = new WeakSet<Request>();

	/** The URIs that anybody is subscribed to: a new child has to hear of them. */
	get subscriptions(): string[] {
		return [...this.#subscribers.keys()];
	}

	/**
	 * The level that the child has to be set to so that every client gets its
	 * lines: the least severe one that a client set. Undefined where none did.
	 */
	get level(): string | undefined {
		return leastSevere(this.#levels.values());
	}

	/**
	 * Notes what a request on its way to the child changes, and gives it as the
	 * child has to see it. Undefined where the child need not hear of it: others
	 * have, or still want, the same.
	 */
	note(owner: Owner, request: Request): Request | undefined {
		const uri = uriOf(request);
		switch (request.method) {
			case "resources/subscribe":
				// Before the answer, which an update may follow at once.
				if (uri === undefined || !this.subscribe(owner, uri)) return request;
				this.#noted.add(request);
				return this.#agreed.has(uri) ? undefined : request;
			case "resources/unsubscribe":
				return uri === undefined || this.unsubscribe(owner, uri)
					? request
					: undefined;
			case "logging/setLevel":
				if (!this.setLevel(owner, request.params?.level)) return request;
				return { ...request, params: { ...request.params, level: this.level } };
			default:
				return request;
		}
	}

	/** A request was answered with a result: what was noted for it holds for others too. */
	confirm(request: Request): void {
		const uri = uriOf(request);
		if (uri !== undefined && this.#noted.has(request)) this.#agreed.add(uri);
	}

	/** The child has agreed to a subscription. */
	agreed(uri: string): void {
		if (this.#subscribers.has(uri)) this.#agreed.add(uri);
	}

	/** The child has refused a subscription that another had agreed to: nobody has it any more. */
	refused(uri: string): void {
		this.#subscribers.delete(uri);
		this.#agreed.delete(uri);
	}

	/** The child is gone: what it has agreed to holds for no other. */
	down(): void {
		this.#agreed.clear();
	}

	/** What a client has set up. */
	settingsOf(owner: Owner): Settings {
		const uris = this.subscriptions.filter((uri) =>
			this.#subscribers.get(uri)?.has(owner),
		);
		return { level: this.#levels.get(owner), uris };
	}

	/** A request came to nothing: what was noted for it is not so. Gives the URI that nobody is subscribed to any more. */
	undo(owner: Owner, request: Request): string | undefined {
		const uri = uriOf(request);
		if (uri === undefined || !this.#noted.has(request)) return undefined;
		return this.unsubscribe(owner, uri) ? uri : undefined;
	}

	/** Notes a subscription; false where that client had it already. */
	subscribe(owner: Owner, uri: string): boolean {
		const owners = this.#subscribers.get(uri) ?? new Set();
		if (owners.has(owner)) return false;
		this.#subscribers.set(uri, owners.add(owner));
		return true;
	}

	/** Ends one client's subscription; true where nobody else holds it, so that the child has to hear of it. */
	unsubscribe(owner: Owner, uri: string): boolean {
		const owners = this.#subscribers.get(uri);
		if (!owners) return true;
		owners.delete(owner);
		if (owners.size > 0) return false;
		this.#subscribers.delete(uri);
		this.#agreed.delete(uri);
		return true;
	}

	/** Notes a client's log level; false for an unknown one, which is left to the child to refuse. */
	setLevel(owner: Owner, level: unknown): boolean {
		if (!isLogLevel(level)) return false;
		this.#levels.set(owner, level);
		return true;
	}

	/** Whether a log message of that severity passes the client's own level. */
	admits(owner: Owner, level: unknown): boolean {
		const own = this.#levels.get(owner);
		return own === undefined || isAtLeast(level, own);
	}

	/** The clients subscribed to this URI or to one that it lies under (server/resources: an update may name a sub-resource). */
	subscribersOf(uri: string): Set<Owner> {
		const owners = new Set<Owner>();
		for (const [subscribed, holders] of this.#subscribers) {
			const under = subscribed.endsWith("/") ? subscribed : `${subscribed}/`;
			if (uri !== subscribed && !uri.startsWith(under)) continue;
			for (const owner of holders) owners.add(owner);
		}
		return owners;
	}

	/** Forgets a client; gives the URIs that nobody is subscribed to any more. */
	leave(owner: Owner): string[] {
		this.#levels.delete(owner);
		return this.subscriptions.filter(
			(uri) =>
				this.#subscribers.get(uri)?.has(owner) && this.unsubscribe(owner, uri),
		);
	}
}

/** What a request names; undefined where that is no URI, which is left to the child to refuse. */
function uriOf({ params }: Request): string | undefined {
	return typeof params?.uri === "string" ? params.uri : undefined;
}
