import { metaKey, metaOf, withMeta } from "./eras/meta.ts";
import { ExactNumber } from "./json.ts";
import { isAtLeast, isLogLevel } from "./log-levels.ts";
import {
	type Id,
	isId,
	isSameId,
	type Notification,
	ownId,
	type Request,
	type Response,
} from "./messages.ts";
import { isSubscription } from "./modern-methods.ts";
import type { Receive } from "./peer.ts";

/** A request on its way: who asked, under which id and token, and where its messages go. */
export interface Asked<Owner> {
	readonly owner: Owner;
	/** The asker's own request; the child sees it under another id. */
	readonly request: Request;
	readonly receive: Receive;
	/** The asker's own progress token, where it gave one. */
	readonly token: Id | undefined;
	/** The least severe log message that a modern request wants, where it wants any. */
	readonly logLevel: string | undefined;
	/** The progress that the asker has last been told of. */
	progress: number | undefined;
	/** Another child had begun with it: the progress that the asker was told of then. */
	readonly toldBefore: number | undefined;
	/** Whether all of it has been written to the child. */
	written: boolean;
	/** When it was sent, or its client answered the last question of the child that came meanwhile; in ms of a clock that only grows. */
	sentAt: number;
	/** The same, or when the child last told of its progress. */
	heardAt: number;
	/** Questions that its client has been asked since it was sent, and has not answered. */
	openQuestions: number;
}

/** A request of the child that a client has been asked to answer. */
export interface Question<Owner> {
	readonly owner: Owner;
	/** The id under which the client sees it. */
	readonly id: Id;
	/** The id that the child gave it. */
	readonly childId: Id;
	/** How long it is. */
	readonly bytes: number;
	/** The requests that may wait for its answer: those of its owner that were in flight. */
	readonly asking: readonly Asked<Owner>[];
}

const mostAbandoned = 1000;
/** How long, in ms, a child may still speak on behalf of a request that was given up and that it never answers. */
const abandonedMs = 60_000;

/** A request that was given up. */
interface Abandoned<Owner> {
	owner: Owner;
	logLevel: string | undefined;
	/** In ms of a clock that only grows. */
	until: number;
}

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
 * Pure: no I/O. Entries leave with the answer, by `cancel`, by
 * `release` (the owner has gone) or by `reset` (the child has gone).
 */
export class Ledger<Owner> {
	#lastId = 0;
	readonly #asked = new Map<Id, Asked<Owner>>();
	readonly #questions = new Map<Id, Question<Owner>>();
	/** Requests given up whose answers the child still owes, or never gives: it may still speak on their behalf. */
	readonly #abandoned = new Map<Id, Abandoned<Owner>>();
	readonly #now: () => number;
	#subscriptions = 0;
	#questionBytes = 0;

	/** @param now in ms, of a clock that only grows */
	constructor(now = () => performance.now()) {
		this.#now = now;
	}

	/** How many requests are in flight. Subscriptions are not counted: nobody waits for their answer. */
	get size(): number {
		return this.#asked.size - this.#subscriptions;
	}

	/** Whether some request has had this id, now or before. */
	hasGiven(id: unknown): boolean {
		const own = ownId(id);
		return own !== undefined && own >= 1 && own <= this.#lastId;
	}

	/** The child's id of the request in flight where there is one only, given up ones included. */
	get onlyId(): Id | undefined {
		const isOnly = this.#asked.size === 1 && this.#abandoned.size === 0;
		return isOnly ? this.#asked.keys().next().value : undefined;
	}

	/** The requests in flight, oldest first. */
	inFlight(): IterableIterator<Asked<Owner>> {
		return this.#asked.values();
	}

	/** The same with the ids under which the child has them. */
	entries(): IterableIterator<[Id, Asked<Owner>]> {
		return this.#asked.entries();
	}

	/** Everybody on whose behalf the child may be speaking now, as often as there are requests. */
	*speakers(): Generator<Owner> {
		for (const { owner } of this.#asked.values()) yield owner;
		for (const { owner } of this.#stillSpoken()) yield owner;
	}

	/**
	 * Enters a request and gives it back as the child shall see it.
	 *
	 * @param toldBefore the progress that the asker was told of when another child had it
	 */
	ask(
		owner: Owner,
		request: Request,
		receive: Receive,
		toldBefore?: number,
	): Request {
		const id = ++this.#lastId;
		const meta = metaOf(request.params);
		const token = isId(meta?.progressToken) ? meta.progressToken : undefined;
		const level = meta?.[metaKey.logLevel];
		const logLevel = isLogLevel(level) ? level : undefined;
		const now = this.#now();
		this.#asked.set(id, {
			owner,
			request,
			receive,
			token,
			logLevel,
			progress: toldBefore,
			toldBefore,
			written: false,
			sentAt: now,
			heardAt: now,
			openQuestions: 0,
		});
		if (isSubscription(request)) this.#subscriptions++;
		if (token === undefined) return { ...request, id };
		return {
			...request,
			id,
			params: withMeta(request.params, "progressToken", id),
		};
	}

	/** All of a request has been written to the child. */
	wrote(id: Id): void {
		const asked = this.#asked.get(id);
		if (asked) asked.written = true;
	}

	/**
	 * Takes an answer of the child to its asker and frees the request.
	 * Undefined for an id that nobody asked under, or that is answered already.
	 */
	answer(
		response: Response,
	): { asked: Asked<Owner>; response: Response } | undefined {
		const given = ownId(response.id);
		if (given === undefined) return undefined;
		this.#abandoned.delete(given);
		const asked = this.#take(given);
		if (!asked) return undefined;
		const { id } = asked.request;
		if (!isSubscription(asked.request) || !("result" in response)) {
			return { asked, response: { ...response, id } };
		}
		const result = withMeta(response.result, metaKey.subscriptionId, id);
		return { asked, response: { ...response, id, result } };
	}

	/** Takes a progress notification of the child to the request it belongs to. Undefined also where a child that repeats a request is not as far yet as the one before it: progress only grows (2025-11-25, basic/utilities/progress). */
	progress(
		notification: Notification,
	): { asked: Asked<Owner>; notification: Notification } | undefined {
		const asked = this.#find(notification.params?.progressToken);
		if (asked?.token === undefined) return undefined;
		asked.heardAt = this.#now();
		const given = notification.params?.progress;
		const progress = given instanceof ExactNumber ? Number(given.text) : given;
		if (typeof progress === "number") {
			const { toldBefore = Number.NEGATIVE_INFINITY } = asked;
			if (progress <= toldBefore) return undefined;
			const { progress: told = toldBefore } = asked;
			if (progress > told) asked.progress = progress;
		}
		const params = { ...notification.params, progressToken: asked.token };
		return { asked, notification: { ...notification, params } };
	}

	/** Takes a notification of a subscription to who holds it. Undefined where it names none that is open. */
	subscription(
		notification: Notification,
	): { asked: Asked<Owner>; notification: Notification } | undefined {
		const id = metaOf(notification.params)?.[metaKey.subscriptionId];
		const asked = this.#find(id);
		if (!asked || !isSubscription(asked.request)) return undefined;
		const params = withMeta(
			notification.params,
			metaKey.subscriptionId,
			asked.request.id,
		);
		return { asked, notification: { ...notification, params } };
	}

	/** Frees every subscription, by the child's id: there will be no more of it. */
	takeSubscriptions(): Map<Id, Asked<Owner>> {
		const subscriptions = new Map(
			[...this.#asked].filter(([, { request }]) => isSubscription(request)),
		);
		for (const id of subscriptions.keys()) this.#take(id);
		return subscriptions;
	}

	/** Frees the subscription that a modern child's `notifications/cancelled` names. */
	endSubscription(notification: Notification): Asked<Owner> | undefined {
		const id = ownId(notification.params?.requestId);
		const asked = this.#find(id);
		return id !== undefined && asked && isSubscription(asked.request)
			? this.#take(id)
			: undefined;
	}

	/**
	 * The request that a modern child's log message of that severity belongs to:
	 * it sends none but for requests that asked for it. Undefined where several
	 * did, also one that was given up, since the message does not say for which it is.
	 */
	logger(level: unknown): Asked<Owner> | undefined {
		let only: Asked<Owner> | undefined;
		for (const asked of this.#asked.values()) {
			const { logLevel, request } = asked;
			if (logLevel === undefined || !isAtLeast(level, logLevel)) continue;
			if (isSubscription(request)) continue;
			if (only) return undefined;
			only = asked;
		}
		for (const { logLevel } of this.#stillSpoken()) {
			if (logLevel !== undefined && isAtLeast(level, logLevel))
				return undefined;
		}
		return only;
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
			if (asked.owner !== owner || !isSameId(asked.request.id, requestId))
				continue;
			this.#take(id);
			this.#abandon(id, asked);
			const params = { ...notification.params, requestId: id };
			return { asked, notification: { ...notification, params } };
		}
		return undefined;
	}

	/** Frees a request that nobody waits for any more, by the child's id. */
	giveUp(id: Id): Asked<Owner> | undefined {
		const asked = this.#take(id);
		if (asked) this.#abandon(id, asked);
		return asked;
	}

	/** How many questions are open, and their bytes. */
	get openQuestions(): { count: number; bytes: number } {
		return { count: this.#questions.size, bytes: this.#questionBytes };
	}

	/**
	 * Enters a question of the child to one client and gives it back as the client shall see it.
	 *
	 * @param bytes how long it is
	 */
	question(owner: Owner, request: Request, bytes: number): Request {
		const id = ++this.#lastId;
		const asking = [...this.#asked.values()].filter(
			(asked) => asked.owner === owner,
		);
		for (const asked of asking) asked.openQuestions++;
		const childId = request.id;
		this.#questions.set(id, { owner, id, childId, bytes, asking });
		this.#questionBytes += bytes;
		return { ...request, id };
	}

	/** Takes a client's answer to the child's question, under the child's id. Undefined where it was not asked. */
	answerQuestion(owner: Owner, response: Response): Response | undefined {
		const question = this.#questions.get(ownId(response.id) ?? "");
		if (!question || question.owner !== owner) return undefined;
		this.#endQuestion(question);
		return { ...response, id: question.childId };
	}

	/** Takes the child's cancellation of its own question to the client that was asked. */
	cancelQuestion(
		notification: Notification,
	): { owner: Owner; notification: Notification } | undefined {
		const requestId = notification.params?.requestId;
		for (const question of this.#questions.values()) {
			const { owner, id, childId } = question;
			if (!isSameId(childId, requestId)) continue;
			this.#endQuestion(question);
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
		for (const id of asked.keys()) this.giveUp(id);
		const questions = [...this.#questions.values()].filter(
			(question) => question.owner === owner,
		);
		for (const question of questions) this.#endQuestion(question);
		return { asked, questions };
	}

	/** Frees everything: the child has gone, and answers none of these any more. */
	reset(): { asked: Asked<Owner>[]; questions: Question<Owner>[] } {
		const asked = [...this.#asked.values()];
		const questions = [...this.#questions.values()];
		this.#asked.clear();
		this.#questions.clear();
		this.#questionBytes = 0;
		this.#abandoned.clear();
		this.#subscriptions = 0;
		return { asked, questions };
	}

	#endQuestion({ id, bytes, asking }: Question<Owner>): void {
		if (!this.#questions.delete(id)) return;
		this.#questionBytes -= bytes;
		const now = this.#now();
		for (const asked of asking) {
			asked.openQuestions--;
			asked.sentAt = now;
			asked.heardAt = now;
		}
	}

	/** The request that the child names, in whatever way it gives the id back. */
	#find(given: unknown): Asked<Owner> | undefined {
		const id = ownId(given);
		return id === undefined ? undefined : this.#asked.get(id);
	}

	#take(id: Id): Asked<Owner> | undefined {
		const asked = this.#asked.get(id);
		if (!asked) return undefined;
		this.#asked.delete(id);
		if (isSubscription(asked.request)) this.#subscriptions--;
		return asked;
	}

	/** What was given up and may still be spoken for; the rest is forgotten. */
	*#stillSpoken(): Generator<Abandoned<Owner>> {
		for (const [id, abandoned] of this.#abandoned) {
			if (abandoned.until > this.#now()) yield abandoned;
			else this.#abandoned.delete(id);
		}
	}

	#abandon(id: Id, { owner, request, logLevel }: Asked<Owner>): void {
		// Nothing is said on behalf of these.
		if (isSubscription(request) || request.method === "logging/setLevel")
			return;
		// Two owners are as good as all of them to say that nobody is certain; the bound keeps the rest from piling up.
		if (this.#abandoned.size >= mostAbandoned) return;
		const until = this.#now() + abandonedMs;
		this.#abandoned.set(id, { owner, logLevel, until });
	}
}
