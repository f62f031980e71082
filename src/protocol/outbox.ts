import type { Audience } from "./audience.ts";
import type { Catalogue } from "./catalogue.ts";
import {
	cancellation,
	failedError,
	noSuchMethod,
	notPassedOn,
	queueFull,
} from "./given-errors.ts";
import type { Ledger } from "./ledger.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	type Members,
	type Message,
	type Notification,
	type Request,
	resultOf,
} from "./messages.ts";
import { isModernOnly, isSubscription } from "./modern-methods.ts";
import type { MultiplexerOptions, ReadyChild } from "./multiplexer-options.ts";
import type { Receive } from "./peer.ts";
import { type Link, linkOf } from "./recipients.ts";
import { RequestTimeouts } from "./request-timeouts.ts";
import {
	type Waiting,
	WaitingLine,
	type WaitingRequest,
} from "./waiting-line.ts";

/** What an outbox works with. */
export interface OutboxOptions extends MultiplexerOptions {
	ledger: Ledger<Link>;
	audience: Audience<Link>;
	catalogue: Catalogue;
	/** A request that was entered in the ledger cannot be written. */
	unwritable(id: Id, error: ErrorObject): void;
	/** A request took too long, and is to be answered with the error; see {@link RequestTimeouts}. */
	expired(request: WaitingRequest<Link>, error: ErrorObject): void;
}

/** A subscription would never give its turn back, and a ping asks how the child is doing with what it has. */
function takesNoTurn(request: Request): boolean {
	return isSubscription(request) || request.method === "ping";
}

/**
 * What goes to the child, and when: in order, no more at a time than it takes,
 * and not before there is one. What is known of the last child is answered
 * meanwhile.
 */
export class Outbox {
	/** Of the bridge's own requests, whose answers nobody waits for. */
	readonly ownLink = linkOf();
	readonly #options: OutboxOptions;
	readonly #waiting = new WaitingLine<Link>();
	#child: ReadyChild | undefined;
	/** The last child, whose opening holds for the next one until that shows otherwise. */
	#lastChild: ReadyChild | undefined;
	#held = false;
	/** When the child came up, in ms of `performance.now()`. */
	#readySince = 0;
	readonly #timeouts: RequestTimeouts;
	/** Requests of the bridge's own that wait for a turn: they go before those of clients. */
	#own: WaitingRequest<Link>[] = [];

	constructor(options: OutboxOptions) {
		this.#options = options;
		this.#timeouts = new RequestTimeouts({
			server: options.server,
			timeLimits: () => options.timeLimits(),
			limitReached: (limit) => options.limitReached(limit),
			ledger: options.ledger,
			waiting: this.#waiting,
			readySince: () => (this.#child ? this.#readySince : undefined),
			write: (cancelled) => this.write(cancelled),
			expired: (request, error) => options.expired(request, error),
			pump: () => this.pump(),
		});
	}

	/** The child that is ready. */
	get child(): ReadyChild | undefined {
		return this.#child;
	}

	/** How many messages wait. */
	get length(): number {
		return this.#waiting.length;
	}

	/** A child is ready; nothing is sent to it yet but what `askOwn` sends. */
	up(child: ReadyChild): void {
		this.#child = child;
		this.#lastChild = this.#options.remembers ? child : undefined;
		this.#held = false;
		this.#readySince = performance.now();
		this.#timeouts.watch();
	}

	/** Nothing more that waits goes to this child, which is to end. */
	hold(): void {
		this.#held = true;
	}

	/**
	 * The child is gone.
	 *
	 * @param again what it had and another one gets, before all that waits
	 */
	down(again: readonly WaitingRequest<Link>[]): void {
		this.#child = undefined;
		this.#own = [];
		this.#waiting.takeOf(this.ownLink);
		this.#waiting.putFirst(again);
	}

	/** What the last child said holds no more. */
	distrust(): void {
		this.#lastChild = undefined;
	}

	/** Takes out what waits: all, or what is of one client. */
	take(link?: Link): Waiting<Link>[] {
		return link ? this.#waiting.takeOf(link) : this.#waiting.takeAll();
	}

	/** Takes out one request that waits, where it does. */
	takeRequest(link: Link, id: Id): WaitingRequest<Link> | undefined {
		return this.#waiting.take(link, id);
	}

	/** Takes a request of a client: it is sent, answered by what is known, put in line, or refused where that is full. */
	ask(waiting: WaitingRequest<Link>): void {
		const { request, receive } = waiting;
		if (this.#answerOpening(request, receive)) return;
		const isNext = takesNoTurn(request)
			? this.#child && !this.#held && !this.#child.isBehind()
			: this.length === 0 && this.#own.length === 0 && this.#takesMore;
		if (isNext) {
			this.dispatch(waiting);
			return;
		}
		const known = this.#known(request);
		if (known) {
			receive(resultOf(request.id, known));
			this.#options.need();
			return;
		}
		const since = performance.now();
		const full = this.#waiting.push(
			{ ...waiting, since },
			this.#options.queue(),
		);
		if (full) {
			this.#options.limitReached(full);
			receive(errorOf(request.id, queueFull(this.#options.server, full)));
		} else this.#timeouts.watch();
		this.pump();
	}

	/** Takes a notification of a client: it is written at once unless there is no child, or one that is behind. It passes requests that wait for their turn. */
	notify(owner: Link, notification: Notification): void {
		if (this.#child && !this.#child.isBehind()) {
			if (!this.#held) this.#notifyAll();
			this.#child.write(notification);
			return;
		}
		const waiting = { owner, notification };
		const full = this.#waiting.push(waiting, this.#options.queue());
		if (full) {
			this.#options.limitReached(full);
			this.#options.dropped("notification-without-room");
		}
		this.pump();
	}

	/** Writes to the child, where there is one; false for a message that cannot be written. */
	write(message: Message): boolean {
		return this.#child?.write(message) ?? true;
	}

	/** A request of the bridge's own to the child that there is, before all that waits; it is not sent to another child. */
	askOwn(method: string, params: Members, receive: Receive): void {
		const request: Request = { jsonrpc: "2.0", id: 0, method, params };
		const own = { owner: this.ownLink, request, receive };
		if (!this.#child) return;
		if (takesNoTurn(request)) this.#writeOwn(own);
		else {
			this.#own.push(own);
			this.#pumpOwn();
		}
	}

	/** As {@link askOwn}, but it waits in line behind what clients have asked. */
	askOwnInTurn(method: string, params: Members, receive: Receive): void {
		const request: Request = { jsonrpc: "2.0", id: 0, method, params };
		if (this.#child) this.ask({ owner: this.ownLink, request, receive });
	}

	/** Sends what waits, as far as there is a child for it. */
	pump(): void {
		this.#pumpOwn();
		while (this.length > 0 && this.#takesMore) {
			const waiting = this.#waiting.shift();
			if (!waiting) return;
			if ("request" in waiting) this.#dispatchLate(waiting);
			else this.#child?.write(waiting.notification);
		}
		if (this.#options.ledger.size === 0) {
			if (this.length === 0) this.#timeouts.rest();
			this.#options.quiet();
		}
		if (this.length > 0 && !this.#child) this.#options.need();
	}

	/** Sends one request, whether others wait or not. */
	dispatch(waiting: WaitingRequest<Link>): void {
		const { owner, request, receive, progress } = waiting;
		const { asked, audience, ledger, unwritable } = this.#options;
		const child = this.#child;
		if (!child || this.#answerOpening(request, receive)) return;
		if (child.era === "legacy" && isModernOnly(request.method)) {
			// Some do not survive it; it comes from who was connected to a modern child before.
			receive(errorOf(request.id, noSuchMethod(request.method)));
			return;
		}
		const refusal = this.#options.refuses(request, child.era);
		if (refusal) {
			receive(errorOf(request.id, refusal));
			return;
		}
		const noted = audience.note(owner, request);
		if (!noted) {
			receive(resultOf(request.id, {}));
			return;
		}
		// The ledger keeps the client's own request: another child may get it, with other clients beside it.
		const sent = ledger.ask(owner, request, receive, progress);
		this.#timeouts.watch();
		const level = noted.params?.level;
		const isWritten = child.write(
			noted === request ? sent : { ...sent, params: { ...sent.params, level } },
			() => {
				ledger.wrote(sent.id);
				if (owner !== this.ownLink && !isSubscription(request)) asked();
			},
		);
		if (!isWritten) unwritable(sent.id, notPassedOn);
	}

	/** Who asked has gone on, and this may be on the way of another's message: an error is for nobody else. */
	#dispatchLate(waiting: WaitingRequest<Link>): void {
		try {
			this.dispatch(waiting);
		} catch (error) {
			const { owner, request, receive } = waiting;
			const { audience, failed, ledger } = this.#options;
			failed(error);
			ledger.cancel(owner, cancellation(request.id, failedError.message));
			audience.undo(owner, request);
			receive(errorOf(request.id, failedError));
		}
	}

	#pumpOwn(): void {
		while (this.#takesMore) {
			const own = this.#own.shift();
			if (!own) return;
			this.#writeOwn(own);
		}
	}

	#writeOwn({ owner, request, receive }: WaitingRequest<Link>): void {
		if (!this.#child) return;
		const { ledger, refuses } = this.#options;
		const refusal = refuses(request, this.#child.era);
		if (refusal) receive(errorOf(request.id, refusal));
		else this.#child.write(ledger.ask(owner, request, receive));
		this.#timeouts.watch();
	}

	/** Writes the notifications that wait. */
	#notifyAll(): void {
		for (const waiting of this.#waiting.takeNotifications()) {
			this.#child?.write(waiting.notification);
		}
	}

	/** Whether the child may get one more request. */
	get #takesMore(): boolean {
		const { ledger, concurrency } = this.#options;
		return (
			this.#child !== undefined &&
			!this.#held &&
			ledger.size < concurrency() &&
			!this.#child.isBehind()
		);
	}

	/** What is known without a child, while there is none and the last one can be trusted. */
	#known(request: Request): Members | undefined {
		return this.#child || !this.#lastChild
			? undefined
			: this.#options.catalogue.answer(request);
	}

	/** The handshake was the bridge's own: its answer costs no child anything, and waits for none that is like the last. */
	#answerOpening({ method, id }: Request, receive: Receive): boolean {
		const child = this.#child ?? this.#lastChild;
		const opening = child?.era === "legacy" ? "initialize" : "server/discover";
		if (!child || method !== opening) return false;
		receive(resultOf(id, child.result));
		if (!this.#child) this.#options.need();
		return true;
	}
}
