import {
	cancellation,
	nobodyToAsk,
	noSuchMethod,
	notPassedOn,
	tooManyQuestions,
} from "../protocol/bridge-errors.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import { isAtLeast } from "../protocol/log-levels.ts";
import {
	type ErrorObject,
	errorOf,
	type Members,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import { isModernOnly, methods } from "../protocol/methods.ts";
import type { Era } from "../protocol/revisions.ts";
import type { Call } from "./call.ts";
import { Connection } from "./call.ts";
import type { Dialect, DialectHost, Translator } from "./dialect.ts";
import { LegacySettings } from "./legacy-settings.ts";
import { askedClient, certainSpeaker } from "./speakers.ts";
import { ofSubscription } from "./subscription.ts";

/** So many bytes of answers of the bridge's own may wait for a child that does not read them. */
const maxOwedBytes = 4 * 2 ** 20;
/** What an answer has besides its id, about. */
const answerBytes = 250;
/** So many questions of a child may be open, and so many bytes of them where it is more than one. */
const maxQuestions = 1000;
const maxQuestionBytes = 4 * 2 ** 20;
/** How long a child gets to end a call of which it was refused a question, in ms. */
const lateAnswerMs = 10_000;
/** So many notifications are kept for a subscription until it is acknowledged. */
const maxEarly = 1000;

/** How clients of one era are served by children that may ask them something by a request. */
export interface LegacyTranslator extends Translator<LegacyDialect> {
	/** Takes a request of the child to the client that it must be meant for. */
	asked(
		question: Request,
		connection: Connection,
		dialect: LegacyDialect,
	): void;
}

/**
 * A child that was opened by `initialize`: one conversation, which all of its
 * clients share, so that it says most things without a word for whom.
 */
export class LegacyDialect implements Dialect {
	readonly settings: LegacySettings;
	readonly #host: DialectHost;
	readonly #translators: Record<Era, LegacyTranslator>;
	/** Open calls of `subscriptions/listen`. */
	readonly #listening = new Set<Call>();
	#owedBytes = 0;

	constructor(host: DialectHost, translators: Record<Era, LegacyTranslator>) {
		this.#host = host;
		this.#translators = translators;
		this.settings = new LegacySettings(host, (call, request) =>
			this.send(call, request),
		);
	}

	/** The child's result of `initialize`. */
	get opening(): Members {
		return this.#host.channel.child.result;
	}

	/** Several clients are on it, none of whose capabilities it was told. */
	get isShared(): boolean {
		return this.#host.shared;
	}

	setUp(): void {
		const foreign: Call[] = [];
		for (const connection of this.#host.connections) {
			for (const call of connection.calls) {
				if (!call.subscription) continue;
				this.#listening.add(call);
				if (call.subscription.wanted.size === 0) foreign.push(call);
			}
		}
		this.settings.setUp();
		// A modern child had these as they are: what of them a legacy one is to be asked for is to be found out.
		for (const call of foreign) this.begin(call);
	}

	ownParams(params: Members): Members {
		return params;
	}

	answerAtOnce(call: Call): Response | undefined {
		return this.#translator(call.connection).answerAtOnce(call, this.opening);
	}

	begin(call: Call): void {
		this.#translator(call.connection).begin(call, this);
	}

	answered(call: Call, response: Response): void {
		if ("error" in response) this.settings.takeBack(call);
		else this.settings.confirm(call);
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

	/** Puts a call to the child as soon as what the bridge has just asked was. */
	beginAfterOwn(call: Call): void {
		this.#host.resume(call, "first");
	}

	/** Keeps a `subscriptions/listen` open. */
	listen(call: Call): void {
		this.#host.park(call);
		this.#listening.add(call);
	}

	/**
	 * Answers a call with an error in the child's stead, and lets the child end it
	 * by itself for a while: told to, it might never say that it has.
	 */
	settleBeforeChild(call: Call, error: ErrorObject): void {
		const { channel } = this.#host;
		const id = channel.giveUp(call, true);
		this.settle(call, errorOf(call.request.id, error));
		if (id === undefined) return;
		this.#host.later(lateAnswerMs, () => {
			if (channel.hurry(id)) channel.write(cancellation(id, error.message));
		});
	}

	/** Asks a legacy client what the child wants to know. */
	askClient(connection: Connection, question: Request): void {
		const { channel, openQuestions } = this.#host;
		const bytes = Buffer.byteLength(JSON.stringify(question));
		const isTooMuch =
			openQuestions.size > 0 && openQuestions.bytes + bytes > maxQuestionBytes;
		if (openQuestions.size >= maxQuestions || isTooMuch) {
			this.refuseQuestion(question, "question-too-many", tooManyQuestions);
			return;
		}
		this.#host.askClient({
			connection,
			request: { ...question, id: this.#host.nextId() },
			childId: question.id,
			bytes,
			answered: (response) => {
				const answer = { ...response, id: question.id };
				if (channel.write(answer)) return;
				channel.write(errorOf(question.id, notPassedOn));
			},
		});
	}

	/** Answers a question of the child with an error. */
	refuseQuestion({ id }: Request, kind: DropKind, error: ErrorObject): void {
		this.dropped(kind);
		this.#answer(errorOf(id, error));
	}

	receive(message: Request | Notification): void {
		if ("id" in message) this.#receiveQuestion(message);
		else this.#receiveNotification(message);
	}

	tell(connection: Connection, notification: Notification): void {
		this.#translator(connection).tell(connection, notification, this);
	}

	/** Writes a notification to the child. */
	write(notification: Notification): void {
		this.#host.channel.write(notification);
	}

	undo(call: Call): void {
		const uri = this.settings.takeBack(call);
		if (uri !== undefined) this.settings.unsubscribe(uri);
		if (this.#listening.delete(call)) this.settings.unwatch(call);
	}

	leave(connection: Connection): void {
		this.settings.leave(connection);
	}

	/** Counts a message that had nobody to go to. */
	dropped(kind: DropKind): void {
		this.#host.dropped(kind);
	}

	#translator({ era }: Connection): LegacyTranslator {
		return this.#translators[era];
	}

	#receiveQuestion(question: Request): void {
		const { method, id } = question;
		const connection = askedClient(method, this.#host);
		if (method === "ping") this.#answer(resultOf(id, {}));
		else if (connection) {
			this.#translator(connection).asked(question, connection, this);
		} else {
			const error = nobodyToAsk(method);
			this.refuseQuestion(question, "question-on-shared-child", error);
		}
	}

	#receiveNotification(notification: Notification): void {
		const { method, params } = notification;
		switch (method) {
			case "notifications/progress": {
				const routed = this.#host.channel.progress(notification);
				if (routed) this.#pass(routed.call, routed.notification);
				else this.dropped("progress-of-no-request");
				return;
			}
			case "notifications/cancelled":
				this.#host.takeBackQuestion(notification);
				return;
			case "notifications/resources/updated":
				this.#tellWatchers(notification);
				return;
			case "notifications/message": {
				const connection = certainSpeaker(this.#host);
				if (connection && isAdmitted(params?.level, connection)) {
					this.#deliver(connection, notification);
				} else this.dropped("log-of-no-certain-client");
				return;
			}
		}
		const connection = certainSpeaker(this.#host);
		if (method.endsWith("/list_changed")) {
			this.#host.changed(method);
			for (const connection of this.#host.connections) {
				connection.tellChange(notification);
			}
			for (const call of this.#listening)
				this.#tellListener(call, notification);
		} else if (connection) this.#deliver(connection, notification);
		else this.dropped("notification-of-no-certain-client");
	}

	#tellWatchers(notification: Notification): void {
		const uri = notification.params?.uri;
		const watchers = this.settings.watchersOf(
			typeof uri === "string" ? uri : "",
		);
		for (const watcher of watchers) {
			if (watcher instanceof Connection) watcher.listener(notification);
			else this.#tellListener(watcher, notification);
		}
		if (watchers.size === 0) this.dropped("update-of-no-subscriber");
	}

	/** Tells a `subscriptions/listen` of what it has asked for. */
	#tellListener(call: Call, notification: Notification): void {
		const { subscription, request } = call;
		if (!subscription?.wanted.has(notification.method)) return;
		const { isAcknowledged, early } = subscription;
		if (isAcknowledged) call.say(ofSubscription(notification, request));
		else if (early.length < maxEarly) early.push(notification);
		else this.dropped("notification-before-acknowledgement");
	}

	/** A message that names no call goes with its client's only one in flight, else beside them all. */
	#deliver(connection: Connection, notification: Notification): void {
		const call = connection.onlyCall;
		if (call) this.#pass(call, notification);
		else connection.listener(notification);
	}

	#pass(call: Call, notification: Notification): void {
		const translator = this.#translator(call.connection);
		const given = translator.notification(call, notification);
		if (given) call.say(given);
		else this.dropped("notification-nobody-asked-for");
	}

	#answer(response: Response): void {
		const bytes = answerBytes + String(response.id).length;
		if (this.#owedBytes + bytes > maxOwedBytes) {
			this.dropped("question-of-child-that-does-not-read");
			return;
		}
		this.#owedBytes += bytes;
		this.#host.channel.child.write(response, () => {
			this.#owedBytes -= bytes;
		});
	}
}

/** Whether a log message passes the level that its client has set. */
function isAdmitted(level: unknown, { level: own }: Connection): boolean {
	return own === undefined || isAtLeast(level, own);
}

/** A legacy client on a legacy child: all passes as it is. */
export const legacyOverLegacy: LegacyTranslator = {
	answerAtOnce({ request: { id, method } }, opening) {
		if (method === "initialize") return resultOf(id, opening);
		// Some do not survive it.
		return isModernOnly(method) ? errorOf(id, noSuchMethod(method)) : undefined;
	},
	begin(call, dialect) {
		if (methods.get(call.request.method)?.isSetting) {
			dialect.settings.begin(call);
		} else dialect.send(call, call.request);
	},
	answered: (call, response, dialect) => dialect.settle(call, response),
	notification: (_call, notification) => notification,
	asked: (question, connection, dialect) =>
		dialect.askClient(connection, question),
	tell(_connection, notification, dialect) {
		// A client's roots open its operator's folders; on a shared child they would be everybody's.
		if (dialect.isShared && methods.get(notification.method)?.isOfOneClient) {
			dialect.dropped("client-state-on-shared-child");
		} else dialect.write(notification);
	},
};
