import { noQuestions } from "../protocol/bridge-errors.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import {
	errorOf,
	type Members,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import { metaKey, metaOf } from "../protocol/meta.ts";
import type { Era } from "../protocol/revisions.ts";
import type { Call, Connection } from "./call.ts";
import type {
	ClientQuestion,
	Dialect,
	DialectHost,
	Translator,
} from "./dialect.ts";
import { ModernListening } from "./modern-listening.ts";
import { ofSubscription, subscriptionEnd } from "./subscription.ts";

/**
 * A child of revision 2026-07-28: each request stands by itself, and whatever
 * the child says names the request that it belongs to.
 */
export class ModernDialect implements Dialect {
	/** What it is asked to tell of, for legacy clients and the bridge itself. */
	readonly listening: ModernListening;
	readonly #host: DialectHost;
	readonly #translators: Record<Era, Translator<ModernDialect>>;
	readonly #self: Members;

	/** @param self the `_meta` of the bridge's own requests to the child */
	constructor(
		host: DialectHost,
		translators: Record<Era, Translator<ModernDialect>>,
		self: Members,
	) {
		this.#host = host;
		this.#translators = translators;
		this.#self = self;
		this.listening = new ModernListening(host, self);
	}

	/** The child's result of `server/discover`. */
	get opening(): Members {
		return this.#host.channel.child.result;
	}

	setUp(): void {
		this.listening.setUp(this.opening);
		for (const connection of this.#host.connections) {
			for (const call of connection.calls) {
				// Those that a legacy child had before it wait, and so do those whose modern one has gone.
				if (call.subscription && call.state.name === "parked") this.begin(call);
			}
		}
	}

	ownParams(params: Members): Members {
		return { ...params, _meta: this.#self };
	}

	answerAtOnce(call: Call): Response | undefined {
		return this.#translator(call.connection).answerAtOnce(call, this.opening);
	}

	begin(call: Call): void {
		this.#translator(call.connection).begin(call, this);
	}

	answered(call: Call, response: Response): void {
		this.#translator(call.connection).answered(call, response, this);
	}

	/** Sends a call's request. */
	send(call: Call, request: Request): void {
		if (!this.#host.channel.send(call, request)) this.#host.unsent(call);
	}

	/** Answers a call. */
	settle(call: Call, response: Response): void {
		this.#host.settle(call, response);
	}

	/** Keeps a call open until its client has answered, with nothing in flight. */
	park(call: Call): void {
		this.#host.park(call);
	}

	/** Puts a call to the child once more, behind what waits. */
	resume(call: Call): void {
		this.#host.resume(call, "last");
	}

	/** Asks a legacy client what the child wants to know. */
	askClient(question: ClientQuestion): void {
		this.#host.askClient(question);
	}

	/** An id for a question to a client. */
	nextQuestionId(): string {
		return `input-${this.#host.nextId()}`;
	}

	receive(message: Request | Notification): void {
		if ("id" in message) this.#receiveQuestion(message);
		else this.#receiveNotification(message);
	}

	tell(connection: Connection, notification: Notification): void {
		this.#translator(connection).tell(connection, notification, this);
	}

	undo(call: Call): void {
		this.listening.undo(call);
	}

	leave(connection: Connection): void {
		this.listening.leave(connection);
	}

	/** Counts a message that had nobody to go to. */
	dropped(kind: DropKind): void {
		this.#host.dropped(kind);
	}

	#translator({ era }: Connection): Translator<ModernDialect> {
		return this.#translators[era];
	}

	/** It has to answer with `input_required` instead (2026-07-28, basic/patterns/mrtr). */
	#receiveQuestion({ id, method }: Request): void {
		if (method === "ping") {
			this.#host.channel.write(resultOf(id, {}));
			return;
		}
		this.dropped("question-of-modern-child");
		this.#host.channel.write(errorOf(id, noQuestions(method)));
	}

	/** It sends no notification that belongs to no request (2026-07-28, basic/transports/stdio, 'Receiving Messages'). */
	#receiveNotification(notification: Notification): void {
		const { channel } = this.#host;
		const { method, params } = notification;
		const named = channel.find(metaOf(params)?.[metaKey.subscriptionId]);
		if (named?.isSubscription) {
			this.#tellListener(named, notification);
			return;
		}
		switch (method) {
			case "notifications/progress": {
				const routed = channel.progress(notification);
				if (routed) this.#pass(routed.call, routed.notification);
				else this.dropped("progress-of-no-request");
				return;
			}
			case "notifications/message": {
				const call = channel.logger(params?.level);
				if (call) this.#pass(call, notification);
				else this.dropped("log-of-no-certain-request");
				return;
			}
			case "notifications/cancelled": {
				const call = channel.find(params?.requestId);
				if (!call?.isSubscription) return;
				channel.take(params?.requestId);
				this.#host.settle(call, subscriptionEnd(call.request));
				return;
			}
			default:
				this.dropped("notification-of-no-request");
		}
	}

	#tellListener(call: Call, notification: Notification): void {
		const isAcknowledgement =
			notification.method === "notifications/subscriptions/acknowledged";
		if (isAcknowledgement) {
			// From an earlier child its client has had one.
			if (call.subscription?.isAcknowledged) return;
			call.subscription = acknowledged;
		}
		call.say(ofSubscription(notification, call.request));
	}

	#pass(call: Call, notification: Notification): void {
		const translator = this.#translator(call.connection);
		const given = translator.notification(call, notification);
		if (given) call.say(given);
		else this.dropped("notification-nobody-asked-for");
	}
}

const acknowledged = {
	isAcknowledged: true,
	wanted: new Set<string>(),
	uris: [],
	early: [],
};
