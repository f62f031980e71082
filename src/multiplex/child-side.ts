import {
	cancellation,
	failedError,
	notPassedOn,
} from "../protocol/bridge-errors.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import {
	errorOf,
	type Id,
	type Members,
	type Message,
	type Notification,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import { modernMeta } from "../protocol/meta.ts";
import { methods } from "../protocol/methods.ts";
import type { Receive } from "../protocol/peer.ts";
import { Call, Connection } from "./call.ts";
import { ChildChannel } from "./child-channel.ts";
import type { ClientQuestion, Dialect, DialectHost } from "./dialect.ts";
import { LegacyDialect } from "./legacy-dialect.ts";
import type { Lists } from "./lists/lists.ts";
import { ModernDialect } from "./modern-dialect.ts";
import type { MultiplexerOptions } from "./multiplexer-options.ts";
import type { Questions } from "./questions.ts";
import type { ReadyChild } from "./ready-child.ts";

/** What outlives one child, and who moves the line on. */
export interface ChildSideOptions {
	options: MultiplexerOptions;
	connections: ReadonlySet<Connection>;
	questions: Questions;
	lists: Lists;
	ids: { next(): number; hasGiven(id: number): boolean };
	/** Puts an open call in line once more. */
	putBack(call: Call, place: "last" | "first"): void;
	/** Turns may have become free. */
	pump(): void;
}

/**
 * What goes on with one child from when it is ready to its end: what it is
 * sent, and to whom what it says is taken.
 */
export class ChildSide implements DialectHost {
	readonly channel: ChildChannel;
	readonly dialect: Dialect;
	/** Since when it is ready, in ms of the clock. */
	readonly since: number;
	/** Stands for the bridge itself among the clients. */
	readonly own: Connection;
	/** It is to end, and gets nothing more that waits. */
	isHeld = false;
	readonly #shared: ChildSideOptions;
	/** Requests of the bridge's own that wait for a turn: they go before those of clients. */
	readonly #ownCalls: Call[] = [];
	readonly #timers = new Set<() => void>();

	constructor(child: ReadyChild, shared: ChildSideOptions) {
		const { ids, options } = shared;
		const { clock, translators, client } = options;
		this.#shared = shared;
		this.since = clock.now();
		this.own = new Connection({ era: child.era });
		this.channel = new ChildChannel(child, {
			nextId: () => ids.next(),
			hasGiven: (id) => ids.hasGiven(id),
			now: () => clock.now(),
			read: (call) => this.#read(call),
		});
		this.dialect =
			child.era === "legacy"
				? new LegacyDialect(this, translators.legacy)
				: new ModernDialect(
						this,
						translators.modern,
						modernMeta(undefined, client),
					);
	}

	get connections(): ReadonlySet<Connection> {
		return this.#shared.connections;
	}

	get shared(): boolean {
		return this.#shared.options.shared;
	}

	get openQuestions(): { size: number; bytes: number } {
		return this.#shared.questions;
	}

	/** Whether it owes a client an answer. */
	get owesAnswer(): boolean {
		const calls = [...this.channel.inFlight.values()];
		return calls.some(({ connection }) => connection !== this.own);
	}

	/** Whether it is asked for things at all now. */
	get isOpen(): boolean {
		return !this.isHeld && !this.channel.child.isBehind();
	}

	/** Whether it may get one more call. */
	get takesMore(): boolean {
		const { options } = this.#shared;
		return this.isOpen && this.channel.atWork < options.concurrency();
	}

	/** Whether one more call would be the next: none of the bridge's own waits. */
	get isNext(): boolean {
		return this.takesMore && this.#ownCalls.length === 0;
	}

	/** Sends what the bridge itself wants to know, as far as it has turns. */
	pumpOwn(): void {
		while (this.takesMore) {
			const call = this.#ownCalls.shift();
			if (!call) return;
			this.sendOwn(call);
		}
	}

	/** Sends a request of the bridge's own. */
	sendOwn(call: Call): void {
		const { request, connection } = call;
		const refusal = this.#shared.options.refuses(request, connection.era);
		if (refusal) call.settle(errorOf(request.id, refusal));
		else if (!this.channel.send(call, request)) this.unsent(call);
	}

	/** Takes a message of the child to whom it belongs. */
	receive(message: Message): void {
		if (!("method" in message)) {
			this.#receiveAnswer(message);
			return;
		}
		this.dialect.receive(message);
		// It may have ended the last subscription.
		if (message.method === "notifications/cancelled") this.#shared.pump();
	}

	/** Takes out a call in the child's stead, by its id there; where that is not known it has to be the only one. */
	take(id: Id | undefined): Call | undefined {
		return this.channel.take(id ?? this.channel.onlyId);
	}

	/**
	 * Nobody waits for a call any more: the child is told why, if it has it.
	 *
	 * @param how a reason, or the client's own notification
	 */
	stop(call: Call, how: string | Notification): void {
		const id = this.channel.giveUp(call);
		if (id === undefined) return;
		if (typeof how === "string") this.channel.write(cancellation(id, how));
		else {
			const params = { ...how.params, requestId: id };
			this.channel.write({ ...how, params });
		}
	}

	/** The child has gone: ends what was kept for it, and gives the calls of clients that it had, oldest first. */
	end(): Call[] {
		for (const stop of this.#timers) stop();
		const calls = this.channel.takeAll();
		return calls.filter(({ connection }) => connection !== this.own);
	}

	nextId(): number {
		return this.#shared.ids.next();
	}

	unsent(call: Call): void {
		this.dialect.undo(call);
		call.fail(notPassedOn);
	}

	askOwn(method: string, params: Members, receive: Receive): Call {
		const request: Request = { jsonrpc: "2.0", id: 0, method, params };
		const call = new Call(this.own, request, receive);
		if (takesNoTurn(request)) this.sendOwn(call);
		else {
			this.#ownCalls.push(call);
			this.pumpOwn();
		}
		return call;
	}

	cancelOwn(call: Call, reason: string): void {
		this.stop(call, reason);
	}

	settle(call: Call, response: Response): void {
		const wasInFlight = this.channel.giveUp(call) !== undefined;
		const reason =
			"error" in response ? response.error.message : "The call has ended";
		this.#shared.questions.withdraw(call, reason);
		call.settle(response);
		if (wasInFlight) this.#shared.pump();
	}

	park(call: Call): void {
		call.enter({ name: "parked" });
	}

	resume(call: Call, place: "last" | "first"): void {
		this.#shared.putBack(call, place);
	}

	askClient(question: ClientQuestion): void {
		const { connection, call, request } = question;
		this.#shared.questions.add({ ...question, id: request.id });
		const by = call ?? connection.onlyCall;
		if (by) by.say(request);
		else connection.listener(request);
	}

	takeBackQuestion(cancelled: Notification): void {
		const requestId = cancelled.params?.requestId;
		const question = this.#shared.questions.takeBack(requestId);
		if (!question) return;
		const { id, connection } = question;
		const params = { ...cancelled.params, requestId: id };
		const notification = { ...cancelled, params };
		const by = connection.onlyCall;
		if (by) by.say(notification);
		else connection.listener(notification);
	}

	later(ms: number, work: () => void): void {
		const stop = this.#shared.options.clock.after(ms, () => {
			this.#timers.delete(stop);
			work();
			this.#shared.pump();
		});
		this.#timers.add(stop);
	}

	dropped(kind: DropKind): void {
		this.#shared.options.events.dropped(kind);
	}

	changed(method: string): void {
		this.#shared.lists.changed(method);
		this.#shared.options.events.changed(method);
	}

	#read({ connection, isSubscription }: Call): void {
		if (connection === this.own || isSubscription) return;
		this.#shared.options.events.asked();
	}

	#receiveAnswer(response: Response): void {
		const { lists, options, pump } = this.#shared;
		const isLeftAlone = this.channel.isLeftAlone(response.id);
		const call = this.channel.take(response.id);
		if (!call) {
			if (isLeftAlone) pump();
			else if (this.channel.hasGiven(response.id)) {
				this.dropped("answer-nobody-waits-for");
			} else this.dropped("answer-under-unknown-id");
			return;
		}
		try {
			if ("result" in response) lists.complete(call.request, response.result);
			if (call.connection === this.own) call.settle(response);
			else {
				options.events.served();
				this.dialect.answered(call, response);
			}
			if ("result" in response) {
				const { era } = this.channel.child;
				lists.note(call.request, response.result, era);
			}
		} catch (error) {
			options.events.failed(error);
			call.fail(failedError);
		}
		pump();
	}
}

/** Whether a request waits for nothing that the child has to do. */
export function takesNoTurn({ method }: Request): boolean {
	return methods.get(method)?.takesNoTurn === true;
}
