import { Audience } from "./audience.ts";
import {
	cancellation,
	cancelledError,
	endedError,
	nobodyToAsk,
	noQuestions,
	noSuchMethod,
	notPassedOn,
} from "./given-errors.ts";
import { type Asked, Ledger } from "./ledger.ts";
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
	resultOf,
} from "./messages.ts";
import { isModernOnly, isSubscription } from "./modern-methods.ts";
import type { MultiplexerOptions, ReadyChild } from "./multiplexer-options.ts";
import {
	type Routing,
	routeLegacy,
	routeModern,
} from "./notification-router.ts";
import {
	ParkedSubscriptions,
	subscriptionEnd,
} from "./parked-subscriptions.ts";
import type { Peer, Receive } from "./peer.ts";
import {
	isOfOneClient,
	type Link,
	type LinkOptions,
	linkOf,
	Recipients,
} from "./recipients.ts";
import { WaitingLine, type WaitingRequest } from "./waiting-line.ts";

/**
 * Many clients on one child, which may be replaced under them: each gets a
 * `Peer` by `connect`, and what the child says goes to whom it belongs. While
 * there is no child, or it has enough to do, requests wait in order. Pure but
 * for the callbacks: it neither spawns nor waits for time.
 */
export class Multiplexer {
	readonly #options: MultiplexerOptions;
	readonly #ledger = new Ledger<Link>();
	readonly #audience = new Audience<Link>();
	readonly #links = new Set<Link>();
	/** Of the bridge's own requests, whose answers nobody waits for. */
	readonly #ownLink = linkOf();
	readonly #waiting = new WaitingLine<Link>();
	readonly #parked = new ParkedSubscriptions<Link>();
	readonly #recipients: Recipients;
	readonly #routing: Routing;
	#child: ReadyChild | undefined;
	#held = false;

	constructor(options: MultiplexerOptions) {
		this.#options = options;
		this.#recipients = new Recipients(
			options.shared,
			this.#links,
			this.#ledger,
		);
		this.#routing = {
			ledger: this.#ledger,
			audience: this.#audience,
			recipients: this.#recipients,
			links: this.#links,
			subscriptions: this.#parked,
			dropped: options.dropped,
			changed: options.changed,
		};
	}

	/** True while a request is in flight or waits. */
	get busy(): boolean {
		return this.#ledger.size > 0 || this.#waiting.length > 0;
	}

	/** Counts, for status pages. */
	get load(): { clients: number; inFlight: number; waiting: number } {
		return {
			clients: this.#links.size,
			inFlight: this.#ledger.size,
			waiting: this.#waiting.length,
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
			ask: (request, receive) => {
				if (this.#answerOpening(request, receive)) return;
				const waiting = { owner: link, request, receive };
				if (isSubscription(request) && this.#child && !this.#held) {
					// It takes no turn: it would never give it back.
					this.#dispatch(waiting);
					return;
				}
				this.#waiting.push(waiting);
				this.#pump();
			},
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
			.map((link) => ({ link, waiting: this.#waiting.takeOf(link) }));
		this.#child = child;
		this.#held = false;
		for (const { link, waiting } of turning) link.turned?.(waiting);
		const { level } = this.#audience;
		if (level) this.askOwn("logging/setLevel", { level });
		for (const uri of this.#audience.subscriptions) {
			this.askOwn("resources/subscribe", { uri });
		}
		for (const parked of this.#parked.takeAll()) this.#dispatch(parked);
		this.#pump();
	}

	/** Nothing more goes to this child, which is to end; its answers still come. */
	hold(): void {
		this.#held = true;
	}

	/**
	 * The child is gone: what it still owed is answered with the error, what
	 * waits goes on waiting. Subscriptions wait for the next child.
	 */
	down(error: ErrorObject): void {
		this.#child = undefined;
		const { asked, questions } = this.#ledger.reset();
		for (const each of asked) {
			if (each.owner !== this.#ownLink && this.#parked.park(each)) continue;
			this.#audience.undo(each.owner, each.request);
			each.receive(errorOf(each.request.id, error));
		}
		for (const { owner, id } of questions) {
			owner.listener(cancellation(id, error.message));
		}
		this.#pump();
	}

	/** There will be no other child: subscriptions end in good order. */
	end(): void {
		const reason = "The server is being stopped";
		for (const [id, { request, receive }] of this.#ledger.takeSubscriptions()) {
			this.#child?.write(cancellation(id, reason));
			receive(subscriptionEnd(request));
		}
		for (const { request, receive } of this.#parked.takeAll()) {
			receive(subscriptionEnd(request));
		}
		for (const { ended } of this.#links) ended();
	}

	/** No child could be started: what waits is answered with the error. */
	refuse(error: ErrorObject): void {
		for (const waiting of this.#waiting.takeAll()) {
			if ("request" in waiting) {
				waiting.receive(errorOf(waiting.request.id, error));
			} else {
				this.#options.dropped("notification-without-child");
			}
		}
	}

	/** Answers one request in flight with an error, in the child's stead. */
	fail(id: Id, error: ErrorObject): boolean {
		const failed = this.#ledger.answer(errorOf(id, error));
		if (!failed) return false;
		this.#settle(failed.asked, failed.response);
		return true;
	}

	/** Takes a message of the child to whom it belongs. */
	receive(message: Message): void {
		if (!("method" in message)) this.#receiveAnswer(message);
		else if ("id" in message) this.#receiveQuestion(message);
		else this.#receiveNotification(message);
	}

	#receiveAnswer(message: Response): void {
		const answered = this.#ledger.answer(message);
		if (answered) this.#settle(answered.asked, answered.response);
		else this.#options.dropped("answer-nobody-waits-for");
	}

	#settle(asked: Asked<Link>, response: Response): void {
		if ("error" in response) this.#audience.undo(asked.owner, asked.request);
		else this.#audience.confirm(asked.request);
		try {
			asked.receive(response);
		} catch {
			asked.receive(errorOf(asked.request.id, notPassedOn));
		}
		this.#pump();
	}

	#receiveQuestion(request: Request): void {
		if (request.method === "ping") {
			this.#child?.write(resultOf(request.id, {}));
			return;
		}
		const link =
			this.#child?.era === "legacy"
				? this.#recipients.asked(request)
				: undefined;
		if (link) {
			this.#recipients.deliver(link, this.#ledger.question(link, request));
			return;
		}
		const isModern = this.#child?.era === "modern";
		this.#options.dropped(
			isModern ? "question-of-modern-child" : "question-on-shared-child",
		);
		this.#child?.write(
			errorOf(
				request.id,
				isModern ? noQuestions(request.method) : nobodyToAsk(request.method),
			),
		);
	}

	#receiveNotification(notification: Notification): void {
		const route = this.#child?.era === "modern" ? routeModern : routeLegacy;
		route(notification, this.#routing);
	}

	#tell(link: Link, message: Notification | Response): void {
		if (!("method" in message)) {
			const answer = this.#ledger.answerQuestion(link, message);
			if (answer) this.#child?.write(answer);
			else this.#options.dropped("answer-to-no-question");
		} else if (message.method === "notifications/cancelled") {
			this.#cancel(link, message);
		} else if (this.#options.shared && isOfOneClient(message.method)) {
			// A client's roots open its operator's folders; on a shared child they would be everybody's.
			this.#options.dropped("client-state-on-shared-child");
		} else if (this.#child) {
			this.#child.write(message);
		} else {
			this.#waiting.push({ owner: link, notification: message });
			this.#pump();
		}
	}

	#cancel(link: Link, notification: Notification): void {
		const requestId = notification.params?.requestId;
		const waiting = isId(requestId)
			? (this.#waiting.take(link, requestId) ??
				this.#parked.take(link, requestId))
			: undefined;
		if (waiting) {
			waiting.receive(errorOf(waiting.request.id, cancelledError));
			return;
		}
		const cancelled = this.#ledger.cancel(link, notification);
		if (!cancelled) return;
		this.#child?.write(cancelled.notification);
		const { request, receive } = cancelled.asked;
		this.#audience.undo(link, request);
		receive(errorOf(request.id, cancelledError));
		this.#pump();
	}

	#leave(link: Link): void {
		if (!this.#links.delete(link)) return;
		const waits = [...this.#waiting.takeOf(link), ...this.#parked.takeOf(link)];
		for (const waiting of waits) {
			if (!("request" in waiting)) continue;
			waiting.receive(errorOf(waiting.request.id, endedError));
		}
		const unsubscribed = this.#audience.leave(link);
		const { asked, questions } = this.#ledger.release(link);
		for (const [requestId, { request, receive }] of asked) {
			this.#child?.write(cancellation(requestId, endedError.message));
			receive(errorOf(request.id, endedError));
		}
		for (const { childId } of questions) {
			this.#child?.write(errorOf(childId, cancelledError));
		}
		for (const uri of unsubscribed) {
			this.askOwn("resources/unsubscribe", { uri });
		}
		this.#pump();
	}

	/** Sends what waits, as far as there is a child for it. */
	#pump(): void {
		while (
			this.#waiting.length > 0 &&
			this.#child &&
			!this.#held &&
			this.#ledger.size < this.#options.concurrency()
		) {
			const waiting = this.#waiting.shift();
			if (!waiting) return;
			if ("request" in waiting) this.#dispatch(waiting);
			else this.#child.write(waiting.notification);
		}
		if (this.#ledger.size === 0) this.#options.quiet();
		if (this.#waiting.length > 0 && !this.#child) this.#options.need();
	}

	#dispatch({ owner, request, receive }: WaitingRequest<Link>): void {
		const child = this.#child;
		if (!child || this.#answerOpening(request, receive)) return;
		if (child.era === "legacy" && isModernOnly(request.method)) {
			// Some do not survive it; it comes from who was connected to a modern child before.
			receive(errorOf(request.id, noSuchMethod(request.method)));
			return;
		}
		const noted = this.#audience.note(owner, request);
		if (!noted) {
			receive(resultOf(request.id, {}));
			return;
		}
		const sent = this.#ledger.ask(owner, noted, receive);
		if (!child.write(sent)) this.fail(sent.id, notPassedOn);
	}

	/** The handshake was the bridge's own: its answer costs the child nothing and waits for no turn. */
	#answerOpening({ method, id }: Request, receive: Receive): boolean {
		const opening =
			this.#child?.era === "legacy" ? "initialize" : "server/discover";
		if (!this.#child || method !== opening) return false;
		receive(resultOf(id, this.#child.result));
		return true;
	}

	/** A request of the bridge's own. */
	askOwn(method: string, params: Members, receive: Receive = () => {}): void {
		const request: Request = { jsonrpc: "2.0", id: 0, method, params };
		this.#child?.write(this.#ledger.ask(this.#ownLink, request, receive));
	}
}
