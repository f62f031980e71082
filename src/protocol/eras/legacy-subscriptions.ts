import { ErrorCode } from "../error-codes.ts";
import { cancellation } from "../given-errors.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	isMembers,
	type Members,
	type Message,
	type Notification,
	type Request,
	resultOf,
} from "../messages.ts";
import type { Receive } from "../peer.ts";
import { withoutProtocolMeta } from "./meta.ts";

/** One `subscriptions/listen` that stands for something a legacy client has set up. */
interface Subscription {
	id: Id;
	filter: Members;
	/** The server has ended it, and the client knows nothing of that. */
	ended: boolean;
}

/**
 * A legacy client's subscriptions on a modern child, each a `subscriptions/listen`
 * request: one for each resource, and one for the lists, of whose changes a
 * legacy client hears without asking (2026-07-28, basic/patterns/subscriptions).
 */
export class LegacySubscriptions {
	readonly #ask: (request: Request, hear: Receive) => void;
	readonly #tell: (notification: Notification) => void;
	readonly #listener: Receive;
	readonly #byUri = new Map<unknown, Subscription>();
	#lists: Subscription | undefined;
	#lastId = 0;

	/** @param listener the client's end, for what belongs to no request */
	constructor(
		ask: (request: Request, hear: Receive) => void,
		tell: (notification: Notification) => void,
		listener: Receive,
	) {
		this.#ask = ask;
		this.#tell = tell;
		this.#listener = listener;
	}

	/** Lets the client hear of changes of the lists that the server says it tells of. */
	followLists(capabilities: unknown): void {
		if (this.#lists || !isMembers(capabilities)) return;
		const filter: Members = {};
		for (const list of ["tools", "prompts", "resources"]) {
			const declared = capabilities[list];
			if (isMembers(declared) && declared.listChanged === true) {
				filter[`${list}ListChanged`] = true;
			}
		}
		if (Object.keys(filter).length === 0) return;
		this.#lists = this.#open(filter, () => {});
	}

	/** Serves `resources/subscribe`. */
	subscribe({ id, params }: Request, receive: Receive): void {
		const uri = params?.uri;
		if (this.#byUri.has(uri)) {
			receive(resultOf(id, {}));
			return;
		}
		const filter = { resourceSubscriptions: [uri] };
		const subscription = this.#open(filter, (outcome) => {
			const { resourceSubscriptions: honored } = outcome.honored ?? {};
			if (Array.isArray(honored) && honored.includes(uri)) {
				receive(resultOf(id, {}));
				return;
			}
			this.#byUri.delete(uri);
			if (outcome.honored) this.#cancel(subscription);
			receive(errorOf(id, outcome.error ?? notOffered(uri)));
		});
		this.#byUri.set(uri, subscription);
	}

	/** Serves `resources/unsubscribe`. */
	unsubscribe(uri: unknown): void {
		const subscription = this.#byUri.get(uri);
		if (!subscription) return;
		this.#byUri.delete(uri);
		this.#cancel(subscription);
	}

	/** Opens again what the server has ended. Called when the client asks something, so that a server that always ends them is not asked without end. */
	renew(): void {
		for (const subscription of [this.#lists, ...this.#byUri.values()]) {
			if (subscription?.ended) this.#listen(subscription, () => {});
		}
	}

	#open(filter: Members, opened: Opened): Subscription {
		const id = `subscription-${++this.#lastId}`;
		const subscription = { id, filter, ended: false };
		this.#listen(subscription, opened);
		return subscription;
	}

	#listen(subscription: Subscription, opened: Opened): void {
		subscription.ended = false;
		const { id, filter } = subscription;
		let settle: Opened | undefined = opened;
		const first: Opened = (outcome) => {
			const opened = settle;
			settle = undefined;
			opened?.(outcome);
		};
		this.#ask(
			{
				jsonrpc: "2.0",
				id,
				method: "subscriptions/listen",
				params: { notifications: filter },
			},
			(message) => {
				if (isAcknowledgement(message)) {
					const { notifications } = message.params ?? {};
					first({ honored: isMembers(notifications) ? notifications : {} });
				} else if ("method" in message) {
					this.#listener(legacyNotification(message as Notification));
				} else {
					// A refusal would be no other the next time, unless it was not the server's.
					subscription.ended = "result" in message || isOwn(message.error);
					first("error" in message ? { error: message.error } : {});
				}
			},
		);
	}

	#cancel({ id }: Subscription): void {
		this.#tell(cancellation(id, "The client has unsubscribed"));
	}
}

/** How a subscription began: what the server agreed to, or its refusal. */
type Opened = (outcome: {
	honored?: Members;
	error?: { code: number; message: string; data?: unknown };
}) => void;

function isAcknowledgement(message: Message): message is Notification {
	return (
		"method" in message &&
		message.method === "notifications/subscriptions/acknowledged"
	);
}

function legacyNotification(notification: Notification): Notification {
	if (!notification.params) return notification;
	const params = withoutProtocolMeta(notification.params);
	const { params: _, ...rest } = notification;
	return Object.keys(params).length > 0 ? { ...rest, params } : rest;
}

/** Whether an error is the bridge's: the child has died, could not be started, or too much waits for it. */
function isOwn({ code }: ErrorObject): boolean {
	return (
		code === ErrorCode.serverUnavailable || code === ErrorCode.limitReached
	);
}

function notOffered(uri: unknown) {
	return {
		code: ErrorCode.methodNotFound,
		message: `The server does not tell of updates of ${JSON.stringify(uri)}`,
	};
}
