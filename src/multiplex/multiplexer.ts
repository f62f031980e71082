import {
	cancelledError,
	endedError,
	failedError,
	queueFull,
} from "../protocol/bridge-errors.ts";
import {
	filteredReceive,
	filteredRequest,
} from "../protocol/filtered-request.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	isId,
	type Message,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import type { Peer, Receive } from "../protocol/peer.ts";
import { Call, Connection, type ConnectionOptions } from "./call.ts";
import {
	announceChange,
	endSubscriptions,
	recoverCalls,
	refuseWaiting,
	strandedCalls,
	withdrawQuestions,
} from "./child-gone.ts";
import { ChildSide, takesNoTurn } from "./child-side.ts";
import type { Dialect } from "./dialect.ts";
import { Lists } from "./lists/lists.ts";
import type { MultiplexerOptions } from "./multiplexer-options.ts";
import { Questions } from "./questions.ts";
import { callOf, isCall, Queue, type QueuedNotification } from "./queue.ts";
import type { ReadyChild } from "./ready-child.ts";
import { RequestTimeouts } from "./request-timeouts.ts";

/**
 * The clients of one child, which may be replaced under them, and their calls:
 * the line that they wait in, whose turn it is, and what becomes of them when
 * the child goes. Pure but for the callbacks and the clock.
 */
export class Multiplexer {
	readonly #options: MultiplexerOptions;
	readonly #connections = new Set<Connection>();
	readonly #queue = new Queue();
	readonly #questions: Questions;
	readonly #lists: Lists;
	readonly #timeouts: RequestTimeouts;
	/** The child that is ready. */
	#child: ChildSide | undefined;
	/** How the last child spoke, whose opening holds for the next one until that shows otherwise. */
	#lastDialect: Dialect | undefined;
	#lastId = 0;

	constructor(options: MultiplexerOptions) {
		const { clock, server, timeLimits, events } = options;
		this.#options = options;
		this.#lists = new Lists({
			listed: options.listed,
			repaired: (what) => events.repaired("null-in-list", what),
		});
		this.#questions = new Questions(() => clock.now());
		this.#timeouts = new RequestTimeouts({
			server,
			clock,
			timeLimits,
			inFlight: () => this.#child?.channel.inFlight.values() ?? [],
			waiting: () => this.#queue.calls(),
			readySince: () => this.#child?.since,
			expired: (call, error, limit) => {
				events.limitReached(limit);
				this.#drop(call, error);
			},
		});
	}

	/** True while a request is in flight or waits. */
	get busy(): boolean {
		return this.#inFlight > 0 || this.#queue.length > 0;
	}

	/** True while somebody needs the child: a request, or a resource that is to be watched. */
	get isNeeded(): boolean {
		return (
			this.busy || [...this.#connections].some(({ isWatching }) => isWatching)
		);
	}

	/** True while the child owes a client an answer. */
	get owesAnswer(): boolean {
		return this.#child?.owesAnswer ?? false;
	}

	/** Counts, for status pages. */
	get load(): { clients: number; inFlight: number; waiting: number } {
		return {
			clients: this.#connections.size,
			inFlight: this.#inFlight,
			waiting: this.#queue.length,
		};
	}

	/** The peer for one more client, in the client's own era. */
	connect(options: ConnectionOptions): Peer {
		const connection = new Connection(options);
		this.#connections.add(connection);
		const { filters, events } = this.#options;
		const { dropped } = events;
		const filtering = { era: options.era, filters, dropped };
		return {
			ask: (asked, receive) => {
				const admitted = filteredRequest(asked, receive, filtering);
				if (!admitted) return;
				const { request } = admitted;
				const guarded = this.#guarded(admitted.receive);
				this.#ask(new Call(connection, request, guarded));
			},
			tell: (message) => this.#tell(connection, message),
			listen: (receive) => {
				const filtered = filteredReceive(receive, filtering);
				connection.listener = this.#guarded(filtered);
			},
			close: () => this.#leave(connection),
		};
	}

	/**
	 * A child is ready. What the clients had set up on the one before it is set
	 * up again, then what waits goes out.
	 */
	up(child: ReadyChild): void {
		this.#child = new ChildSide(child, {
			options: this.#options,
			connections: this.#connections,
			questions: this.#questions,
			lists: this.#lists,
			ids: {
				next: () => ++this.#lastId,
				hasGiven: (id) => id >= 1 && id <= this.#lastId,
			},
			putBack: (call, place) => this.#putBack(call, place),
			pump: () => this.#pump(),
		});
		const { dialect } = this.#child;
		this.#lastDialect = this.#options.remembers ? dialect : undefined;
		this.#timeouts.watch();
		dialect.setUp();
		this.#pump();
	}

	/** The child has read what it was behind with. */
	caughtUp(): void {
		this.#pump();
	}

	/** Another program may come up next: nothing that the last one said is served, or relied on. */
	distrust(): void {
		this.#lastDialect = undefined;
		this.#lists.distrust();
	}

	/** Looks whether a child that is ready has the same lists as those before it, and tells the clients where not. */
	checkLists(): void {
		const child = this.#child;
		if (!child) return;
		this.#lists.check(
			(method, params, receive) => {
				if (this.#child !== child) return;
				const request: Request = {
					jsonrpc: "2.0",
					id: 0,
					method,
					params: child.dialect.ownParams(params),
				};
				this.#ask(new Call(child.own, request, receive));
			},
			(method) => this.announce(method),
		);
	}

	/** Tells the clients that a list has changed, in the child's stead: the notification's method. */
	announce(method: string): void {
		this.#options.events.changed(method);
		announceChange(method, this.#connections);
	}

	/** Nothing more goes to this child, which is to end; its answers still come. */
	hold(): void {
		if (this.#child) this.#child.isHeld = true;
	}

	/**
	 * The child is gone. What had not reached it, or may reach a server twice,
	 * waits for the next one, once; what else it owed is answered with the error.
	 * Subscriptions wait too.
	 */
	down(error: ErrorObject): void {
		const child = this.#child;
		this.#child = undefined;
		if (child) {
			this.#queue.takeOf(child.own);
			const had = [...child.end(), ...strandedCalls(this.#connections)];
			const again = recoverCalls(had, this.#lists, error);
			for (const _call of again) this.#options.events.retried();
			this.#queue.putFirst(again);
			withdrawQuestions(this.#questions, error);
		}
		this.#pump();
	}

	/** There will be no other child: subscriptions end in good order. */
	end(): void {
		endSubscriptions(this.#child, this.#connections);
	}

	/** No child could be started: what waits is answered with the error. */
	refuse(error: ErrorObject): void {
		refuseWaiting(this.#queue, error, this.#options.events.dropped);
	}

	/**
	 * Answers one request in flight with an error, in the child's stead.
	 *
	 * @param id where it is not known, the request has to be the only one
	 * @returns whether there was one
	 */
	fail(id: Id | undefined, error: ErrorObject): boolean {
		const call = this.#child?.take(id);
		if (call) this.#drop(call, error);
		// It may have been one that nobody waits for, and that had a turn.
		else this.#pump();
		return call !== undefined;
	}

	/** Takes a message of the child to whom it belongs. */
	receive(message: Message): void {
		this.#child?.receive(message);
	}

	get #inFlight(): number {
		return this.#child?.channel.atWork ?? 0;
	}

	/** Takes a request of a client: it is sent, answered by what is known, put in line, or refused where that is full. */
	#ask(call: Call): void {
		const child = this.#child;
		const dialect = child?.dialect ?? this.#lastDialect;
		const answer = dialect?.answerAtOnce(call);
		if (answer) {
			call.settle(answer);
			if (!child) this.#options.events.need();
			return;
		}
		const isNext = takesNoTurn(call.request)
			? child?.isOpen
			: child?.isNext && this.#queue.length === 0;
		if (child && isNext) {
			this.#begin(child, call);
			return;
		}
		const known =
			child || !dialect ? undefined : this.#lists.answer(call.request);
		if (known) {
			dialect?.answered(call, resultOf(call.request.id, known));
			this.#options.events.need();
		} else this.#enqueue(call);
	}

	/** What has waited may have waited for something that the child says of itself. */
	#beginLate(child: ChildSide, call: Call): void {
		const answer = child.dialect.answerAtOnce(call);
		if (answer) call.settle(answer);
		else this.#begin(child, call);
	}

	/** Puts a call to the child whose turn it is. */
	#begin(child: ChildSide, call: Call): void {
		const { connection, request } = call;
		const { refuses, events } = this.#options;
		try {
			const refusal = refuses(request, connection.era);
			if (refusal) call.settle(errorOf(request.id, refusal));
			else if (connection === child.own) child.sendOwn(call);
			else child.dialect.begin(call);
		} catch (error) {
			events.failed(error);
			child.stop(call, failedError.message);
			call.fail(failedError);
		}
		this.#timeouts.watch();
	}

	#enqueue(call: Call): void {
		const { queue, events, clock, server } = this.#options;
		const full = this.#queue.push(call, queue());
		if (full) {
			events.limitReached(full);
			call.revert();
			call.fail(queueFull(server, full));
		} else {
			call.enter({ name: "queued", since: clock.now() });
			this.#timeouts.watch();
		}
		this.#pump();
	}

	#putBack(call: Call, place: "last" | "first"): void {
		if (call.isSettled) return;
		if (place === "last") {
			this.#ask(call);
			return;
		}
		call.enter({ name: "queued", since: this.#options.clock.now() });
		this.#queue.putFirst([call]);
		this.#pump();
	}

	/** Sends what waits, as far as there is a child for it. */
	#pump(): void {
		const { events } = this.#options;
		this.#child?.pumpOwn();
		while (this.#queue.length > 0 && this.#child?.takesMore) {
			const waiting = this.#queue.shift();
			if (!waiting) break;
			if (isCall(waiting)) this.#beginLate(this.#child, waiting);
			else this.#tellChild(this.#child, waiting);
		}
		if (this.#inFlight === 0) {
			if (this.#queue.length === 0) this.#timeouts.rest();
			events.quiet();
		}
		if (this.#queue.length > 0 && !this.#child) events.need();
	}

	#tell(connection: Connection, message: Notification | Response): void {
		if (!("method" in message)) {
			if (this.#questions.answer(connection, message)) return;
			this.#options.events.dropped("answer-to-no-question");
		} else if (message.method === "notifications/cancelled") {
			const requestId = message.params?.requestId;
			const call = isId(requestId)
				? callOf(connection.calls, requestId)
				: undefined;
			if (call) this.#drop(call, cancelledError, message);
		} else this.#notify({ connection, notification: message });
	}

	/** A notification goes out at once unless there is no child, or one that is behind. It passes requests that wait for their turn. */
	#notify(told: QueuedNotification): void {
		const child = this.#child;
		if (child && !child.channel.child.isBehind()) {
			if (!child.isHeld) {
				for (const waiting of this.#queue.takeNotifications()) {
					this.#tellChild(child, waiting);
				}
			}
			this.#tellChild(child, told);
			return;
		}
		const { queue, events } = this.#options;
		const full = this.#queue.push(told, queue());
		if (full) {
			events.limitReached(full);
			events.dropped("notification-without-room");
		}
		this.#pump();
	}

	#tellChild(
		{ dialect }: ChildSide,
		{ connection, notification }: QueuedNotification,
	): void {
		dialect.tell(connection, notification);
	}

	/**
	 * Ends a call, wherever it stands.
	 *
	 * @param told the client's own notification that says so
	 */
	#drop(call: Call, error: ErrorObject, told?: Notification): void {
		const child = this.#child;
		this.#queue.take(call);
		child?.stop(call, told ?? error.message);
		this.#questions.withdraw(call, error.message);
		child?.dialect.undo(call);
		call.revert();
		call.fail(error);
		this.#pump();
	}

	#leave(connection: Connection): void {
		if (!this.#connections.delete(connection)) return;
		const child = this.#child;
		this.#queue.takeOf(connection);
		for (const call of [...connection.calls]) {
			child?.stop(call, endedError.message);
			child?.dialect.undo(call);
			call.fail(endedError);
		}
		for (const { childId } of this.#questions.takeOf(connection)) {
			if (childId === undefined) continue;
			child?.channel.write(errorOf(childId, cancelledError));
		}
		child?.dialect.leave(connection);
		// Before it is looked whether anybody still needs the child.
		connection.left();
		this.#pump();
	}

	/** What throws in a receiver has been given its message: it is told of, and nothing else goes wrong for it. */
	#guarded(receive: Receive): Receive {
		return (message) => {
			try {
				receive(message);
			} catch (error) {
				this.#options.events.failed(error);
			}
		};
	}
}
