import { Audience } from "./audience.ts";
import { Catalogue } from "./catalogue.ts";
import { checkLists } from "./check-lists.ts";
import { ChildSettings } from "./child-settings.ts";
import {
	cancellation,
	cancelledError,
	endedError,
	notPassedOn,
} from "./given-errors.ts";
import { type Asked, Ledger } from "./ledger.ts";
import { tellSubscribers } from "./list-change.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	isId,
	type Members,
	type Message,
	type Notification,
	type Request,
	type Response,
} from "./messages.ts";
import { isSubscription, isWatch } from "./modern-methods.ts";
import type { MultiplexerOptions, ReadyChild } from "./multiplexer-options.ts";
import {
	type Routing,
	routeLegacy,
	routeModern,
} from "./notification-router.ts";
import { Outbox } from "./outbox.ts";
import {
	ParkedSubscriptions,
	subscriptionEnd,
} from "./parked-subscriptions.ts";
import type { Peer, Receive } from "./peer.ts";
import { routeQuestion } from "./question-router.ts";
import {
	isOfOneClient,
	type Link,
	type LinkOptions,
	linkOf,
	Recipients,
} from "./recipients.ts";

/**
 * Many clients on one child, which may be replaced under them: each gets a
 * `Peer` by `connect`, and what the child says goes to whom it belongs. While
 * there is no child, or it has enough to do, requests wait in order. Pure but
 * for the callbacks and the time-outs of requests.
 */
export class Multiplexer {
	readonly #options: MultiplexerOptions;
	readonly #ledger = new Ledger<Link>();
	readonly #audience = new Audience<Link>();
	readonly #links = new Set<Link>();
	readonly #parked = new ParkedSubscriptions<Link>();
	readonly #recipients: Recipients;
	readonly #routing: Routing;
	readonly #catalogue: Catalogue;
	/** Requests that had one child more than others get. */
	readonly #repeated = new WeakSet<Request>();
	readonly #outbox: Outbox;
	readonly #settings: ChildSettings;

	constructor(options: MultiplexerOptions) {
		this.#options = options;
		this.#catalogue = new Catalogue(options.listed);
		this.#recipients = new Recipients(
			options.shared,
			this.#links,
			this.#ledger,
		);
		this.#outbox = new Outbox({
			...options,
			ledger: this.#ledger,
			audience: this.#audience,
			catalogue: this.#catalogue,
			unwritable: (id, error) => this.fail(id, error),
			expired: ({ owner, request, receive }, error) => {
				this.#settings.undo(owner, request);
				receive(errorOf(request.id, error));
			},
		});
		this.#settings = new ChildSettings(this.#audience, this.#outbox);
		this.#routing = {
			ledger: this.#ledger,
			audience: this.#audience,
			recipients: this.#recipients,
			links: this.#links,
			subscriptions: this.#parked,
			dropped: options.dropped,
			changed: (method) => {
				this.#catalogue.changed(method);
				options.changed(method);
			},
		};
	}

	/** True while a request is in flight or waits. */
	get busy(): boolean {
		return this.#ledger.size > 0 || this.#outbox.length > 0;
	}

	/** True while somebody needs the child: a request, or a resource that is to be watched. */
	get isNeeded(): boolean {
		return (
			this.busy ||
			this.#audience.subscriptions.length > 0 ||
			[...this.#ledger.inFlight()].some(({ request }) => isWatch(request))
		);
	}

	/** True while the child owes a client an answer. */
	get owesAnswer(): boolean {
		return [...this.#ledger.inFlight()].some(
			({ owner, request }) =>
				owner !== this.#outbox.ownLink && !isSubscription(request),
		);
	}

	/** Counts, for status pages. */
	get load(): { clients: number; inFlight: number; waiting: number } {
		return {
			clients: this.#links.size,
			inFlight: this.#ledger.size,
			waiting: this.#outbox.length,
		};
	}

	/**
	 * The peer for one more client. It speaks the child's era: who connects a
	 * client of the other one translates.
	 */
	connect(options: LinkOptions = {}): Peer {
		const link = linkOf(options);
		this.#links.add(link);
		return {
			ask: (request, receive) =>
				this.#outbox.ask({ owner: link, request, receive }),
			tell: (message) => this.#tell(link, message),
			listen: (receive) => {
				link.listener = receive;
			},
			close: () => this.#leave(link),
		};
	}

	/**
	 * A child is ready. What the clients had set up on the one before it is set
	 * up again, then what waits goes out.
	 */
	up(child: ReadyChild): void {
		const turning = [...this.#links]
			.filter(({ turned }) => turned && child.era === "modern")
			.map((link) => ({
				link,
				waiting: this.#outbox.take(link),
				settings: this.#audience.settingsOf(link),
			}));
		this.#outbox.up(child);
		for (const { link, waiting, settings } of turning) {
			link.turned?.(waiting, settings);
		}
		this.#settings.setUp();
		for (const parked of this.#parked.takeAll()) {
			this.#outbox.dispatch(parked);
		}
		this.#outbox.pump();
	}

	/** The child has read what it was behind with. */
	caughtUp(): void {
		this.#outbox.pump();
	}

	/** Another program may come up next: nothing that the last one said is served, or relied on. */
	distrust(): void {
		this.#outbox.distrust();
		this.#catalogue.distrust();
	}

	/** Looks whether a child that is ready has the same lists as those before it, and tells the clients where not. */
	checkLists(params: Members): void {
		checkLists(
			this.#catalogue,
			(method, more, receive) =>
				this.#outbox.askOwnInTurn(method, { ...params, ...more }, receive),
			(method) => this.announce(method),
		);
	}

	/** Tells the clients that a list has changed, in the child's stead: the notification's method. */
	announce(method: string): void {
		const notification: Notification = { jsonrpc: "2.0", method };
		this.#options.changed(method);
		const told = tellSubscribers(notification, this.#ledger, this.#parked);
		if (this.#outbox.child?.era === "modern") return;
		for (const link of this.#links) {
			if (!told.has(link)) link.listener(notification);
		}
	}

	/** Nothing more goes to this child, which is to end; its answers still come. */
	hold(): void {
		this.#outbox.hold();
	}

	/**
	 * The child is gone. What had not reached it, or may reach a server twice,
	 * waits for the next one, once; what else it owed is answered with the error.
	 * Subscriptions wait too.
	 */
	down(error: ErrorObject): void {
		const { asked, questions } = this.#ledger.reset();
		const again = new Set(asked.filter((each) => this.#isToRepeat(each)));
		this.#outbox.down([...again]);
		this.#audience.down();
		for (const each of asked) {
			if (again.has(each)) {
				this.#repeated.add(each.request);
				this.#options.retried();
				continue;
			}
			// The bridge's own say nothing of the next child.
			if (each.owner === this.#outbox.ownLink || this.#parked.park(each)) {
				continue;
			}
			this.#audience.undo(each.owner, each.request);
			each.receive(errorOf(each.request.id, error));
		}
		for (const { owner, id } of questions) {
			owner.listener(cancellation(id, error.message));
		}
		this.#outbox.pump();
	}

	/** There will be no other child: subscriptions end in good order. */
	end(): void {
		const reason = "The server is being stopped";
		for (const [id, { request, receive }] of this.#ledger.takeSubscriptions()) {
			this.#outbox.write(cancellation(id, reason));
			receive(subscriptionEnd(request));
		}
		for (const { request, receive } of this.#parked.takeAll()) {
			receive(subscriptionEnd(request));
		}
		for (const { ended } of this.#links) ended();
	}

	/** No child could be started: what waits is answered with the error. */
	refuse(error: ErrorObject): void {
		for (const waiting of this.#outbox.take()) {
			if ("request" in waiting) {
				this.#audience.undo(waiting.owner, waiting.request);
				waiting.receive(errorOf(waiting.request.id, error));
			} else {
				this.#options.dropped("notification-without-child");
			}
		}
	}

	/**
	 * Answers one request in flight with an error, in the child's stead.
	 *
	 * @param id where it is not known, the request has to be the only one
	 * @returns whether there was one
	 */
	fail(id: Id | undefined, error: ErrorObject): boolean {
		const only = id ?? this.#ledger.onlyId;
		if (only === undefined) return false;
		const failed = this.#ledger.answer(errorOf(only, error));
		if (!failed) return false;
		this.#settle(failed.asked, failed.response);
		return true;
	}

	/** Takes a message of the child to whom it belongs. */
	receive(message: Message): void {
		if (!("method" in message)) {
			this.#receiveAnswer(message);
			return;
		}
		const { child } = this.#outbox;
		if (!child) return;
		if ("id" in message) routeQuestion(message, child, this.#routing);
		else if (child.era === "legacy") routeLegacy(message, this.#routing);
		else {
			routeModern(message, this.#routing);
			// It may have ended the last subscription.
			if (message.method === "notifications/cancelled") this.#outbox.pump();
		}
	}

	#receiveAnswer(message: Response): void {
		const answered = this.#ledger.answer(message);
		if (!answered) {
			this.#options.dropped(
				this.#ledger.hasGiven(message.id)
					? "answer-nobody-waits-for"
					: "answer-under-unknown-id",
			);
			return;
		}
		if (answered.asked.owner !== this.#outbox.ownLink) this.#options.served();
		this.#settle(answered.asked, answered.response);
	}

	#settle(asked: Asked<Link>, response: Response): void {
		if ("error" in response) this.#audience.undo(asked.owner, asked.request);
		else {
			this.#audience.confirm(asked.request);
		}
		try {
			asked.receive(response);
			if ("result" in response) {
				const { era = "legacy" } = this.#outbox.child ?? {};
				this.#catalogue.note(asked.request, response.result, era);
			}
		} catch {
			asked.receive(errorOf(asked.request.id, notPassedOn));
		}
		this.#outbox.pump();
	}

	#tell(link: Link, message: Notification | Response): void {
		if (!("method" in message)) {
			const answer = this.#ledger.answerQuestion(link, message);
			if (answer) this.#answer(answer);
			else this.#options.dropped("answer-to-no-question");
		} else if (message.method === "notifications/cancelled") {
			this.#cancel(link, message);
		} else if (this.#options.shared && isOfOneClient(message.method)) {
			// A client's roots open its operator's folders; on a shared child they would be everybody's.
			this.#options.dropped("client-state-on-shared-child");
		} else this.#outbox.notify(link, message);
	}

	/** Gives the child the answer to a question of its own. */
	#answer(answer: Response): void {
		if (this.#outbox.write(answer)) return;
		this.#outbox.write(errorOf(answer.id ?? null, notPassedOn));
	}

	#isToRepeat({ owner, request, written }: Asked<Link>): boolean {
		if (owner === this.#outbox.ownLink) return false;
		// Not written: no child has seen it, so it may be sent as if it had just come.
		if (!written) return true;
		return (
			!isSubscription(request) &&
			!this.#repeated.has(request) &&
			this.#catalogue.isRepeatable(request)
		);
	}

	#cancel(link: Link, notification: Notification): void {
		const requestId = notification.params?.requestId;
		const waiting = isId(requestId)
			? (this.#outbox.takeRequest(link, requestId) ??
				this.#parked.take(link, requestId))
			: undefined;
		if (waiting) {
			this.#settings.undo(link, waiting.request);
			waiting.receive(errorOf(waiting.request.id, cancelledError));
			this.#outbox.pump();
			return;
		}
		const cancelled = this.#ledger.cancel(link, notification);
		if (!cancelled) return;
		this.#outbox.write(cancelled.notification);
		const { request, receive } = cancelled.asked;
		this.#settings.undo(link, request);
		receive(errorOf(request.id, cancelledError));
		this.#outbox.pump();
	}

	#leave(link: Link): void {
		if (!this.#links.delete(link)) return;
		const waits = [...this.#outbox.take(link), ...this.#parked.takeOf(link)];
		for (const waiting of waits) {
			if (!("request" in waiting)) continue;
			waiting.receive(errorOf(waiting.request.id, endedError));
		}
		const { asked, questions } = this.#ledger.release(link);
		for (const [requestId, { request, receive }] of asked) {
			this.#outbox.write(cancellation(requestId, endedError.message));
			receive(errorOf(request.id, endedError));
		}
		for (const { childId } of questions) {
			this.#outbox.write(errorOf(childId, cancelledError));
		}
		this.#settings.leave(link);
		this.#outbox.pump();
	}

	/** A request of the bridge's own. */
	askOwn(method: string, params: Members, receive: Receive = () => {}): void {
		this.#outbox.askOwn(method, params, receive);
	}
}
