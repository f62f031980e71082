import {
	type Id,
	isId,
	isMembers,
	type Members,
	type Notification,
	type Request,
	type Response,
} from "./messages.ts";
import type { Receive } from "./peer.ts";

/** A request on its way: who asked, under which id and token, and where its messages go. */
export interface Asked<Owner> {
	readonly owner: Owner;
	/** The asker's own request; the child sees it under another id. */
	readonly request: Request;
	readonly receive: Receive;
	/** The asker's own progress token, where it gave one. */
	readonly token: Id | undefined;
}

/** A request of the child that a client has been asked to answer. */
export interface Question<Owner> {
	readonly owner: Owner;
	/** The id under which the client sees it. */
	readonly id: Id;
	/** The id that the child gave it. */
	readonly childId: Id;
}

const mostAbandoned = 1000;

/**
 * Decides to whom each message between one child and its clients belongs.
 *
 * Every client counts its ids from 0 and uses them as progress tokens too, so
 * on the way in each request gets an id, and each token a value, that no other
 * has; on the way out the asker gets its own back, with their exact JSON type.
 * The same holds for the child's questions on their way to a client. Ids are
 * never used twice, also across the children that one ledger outlives, so a
 * late answer cannot meet another request.
 *
 * Pure: no I/O, no clock. Entries leave with the answer, by `cancel`, by
 * `release` (the owner has gone) or by `reset` (the child has gone).
 */
export class Ledger<Owner> {
	#lastId = 0;
	readonly #asked = new Map<Id, Asked<Owner>>();
	readonly #questions = new Map<Id, Question<Owner>>();
	/** Requests given up whose answers the child still owes, or never gives: it may still speak on their behalf. */
	readonly #abandoned = new Map<Id, Owner>();

	/** How many requests are in flight. */
	get size(): number {
		return this.#asked.size;
	}

	/** The requests in flight, oldest first. */
	inFlight(): IterableIterator<Asked<Owner>> {
		return this.#asked.values();
	}

	/** Everybody on whose behalf the child may be speaking now, as often as there are requests. */
	*speakers(): Generator<Owner> {
		for (const { owner } of this.#asked.values()) yield owner;
		yield* this.#abandoned.values();
	}

	/** Enters a request and gives it back as the child shall see it. */
	ask(owner: Owner, request: Request, receive: Receive): Request {
		const id = ++this.#lastId;
		const meta = request.params?._meta;
		const token = isMembers(meta) ? meta.progressToken : undefined;
		if (!isId(token)) {
			this.#asked.set(id, { owner, request, receive, token: undefined });
			return { ...request, id };
		}
		this.#asked.set(id, { owner, request, receive, token });
		const params = {
			...request.params,
			_meta: { ...(meta as Members), progressToken: id },
		};
		return { ...request, id, params };
	}

	/**
	 * Takes an answer of the child to its asker and frees the request.
	 * Undefined for an id that nobody asked under, or that is answered already.
	 */
	answer(
		response: Response,
	): { asked: Asked<Owner>; response: Response } | undefined {
		const asked = isId(response.id) ? this.#asked.get(response.id) : undefined;
		if (isId(response.id)) this.#abandoned.delete(response.id);
		if (!asked) return undefined;
		this.#asked.delete(response.id as Id);
		return { asked, response: { ...response, id: asked.request.id } };
	}

	/** Takes a progress notification of the child to the request it belongs to. */
	progress(
		notification: Notification,
	): { asked: Asked<Owner>; notification: Notification } | undefined {
		const token = notification.params?.progressToken;
		const asked = isId(token) ? this.#asked.get(token) : undefined;
		if (asked?.token === undefined) return undefined;
		const params = { ...notification.params, progressToken: asked.token };
		return { asked, notification: { ...notification, params } };
	}

	/**
	 * Frees the request that a client's `notifications/cancelled` names, since it
	 * may never be answered, and gives the notification as the child shall see it.
	 */
	cancel(
		owner: Owner,
		notification: Notification,
	): { asked: Asked<Owner>; notification: Notification } | undefined {
		const requestId = notification.params?.requestId;
		for (const [id, asked] of this.#asked) {
			if (asked.owner !== owner || asked.request.id !== requestId) continue;
			this.#asked.delete(id);
			this.#abandon(id, owner);
			const params = { ...notification.params, requestId: id };
			return { asked, notification: { ...notification, params } };
		}
		return undefined;
	}

	/** Enters a question of the child to one client and gives it back as the client shall see it. */
	question(owner: Owner, request: Request): Request {
		const id = ++this.#lastId;
		this.#questions.set(id, { owner, id, childId: request.id });
		return { ...request, id };
	}

	/** Takes a client's answer to the child's question, under the child's id. Undefined where it was not asked. */
	answerQuestion(owner: Owner, response: Response): Response | undefined {
		const question = isId(response.id)
			? this.#questions.get(response.id)
			: undefined;
		if (!question || question.owner !== owner) return undefined;
		this.#questions.delete(question.id);
		return { ...response, id: question.childId };
	}

	/** Takes the child's cancellation of its own question to the client that was asked. */
	cancelQuestion(
		notification: Notification,
	): { owner: Owner; notification: Notification } | undefined {
		const requestId = notification.params?.requestId;
		for (const { owner, id, childId } of this.#questions.values()) {
			if (childId !== requestId) continue;
			this.#questions.delete(id);
			const params = { ...notification.params, requestId: id };
			return { owner, notification: { ...notification, params } };
		}
		return undefined;
	}

	/** Frees what an owner that has gone still holds: its requests, by the child's id, and the questions to it. */
	release(owner: Owner): {
		asked: Map<Id, Asked<Owner>>;
		questions: Question<Owner>[];
	} {
		const asked = new Map(
			[...this.#asked].filter((entry) => entry[1].owner === owner),
		);
		for (const id of asked.keys()) {
			this.#asked.delete(id);
			this.#abandon(id, owner);
		}
		const questions = [...this.#questions.values()].filter(
			(question) => question.owner === owner,
		);
		for (const { id } of questions) this.#questions.delete(id);
		return { asked, questions };
	}

	/** Frees everything: the child has gone, and answers none of these any more. */
	reset(): { asked: Asked<Owner>[]; questions: Question<Owner>[] } {
		const asked = [...this.#asked.values()];
		const questions = [...this.#questions.values()];
		this.#asked.clear();
		this.#questions.clear();
		this.#abandoned.clear();
		return { asked, questions };
	}

	#abandon(id: Id, owner: Owner): void {
		// Two owners are as good as all of them to say that nobody is certain; the bound keeps the rest from piling up.
		if (this.#abandoned.size < mostAbandoned) this.#abandoned.set(id, owner);
	}
}
