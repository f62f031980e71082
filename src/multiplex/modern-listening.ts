import {
	cancelledError,
	updatesNotOffered,
} from "../protocol/bridge-errors.ts";
import {
	type ErrorObject,
	errorOf,
	isMembers,
	type Members,
	type Message,
	type Notification,
	resultOf,
} from "../protocol/messages.ts";
import { withoutProtocolMeta } from "../protocol/meta.ts";
import { listChanges } from "../protocol/methods.ts";
import type { Call, Connection } from "./call.ts";
import type { DialectHost } from "./dialect.ts";

/** One `subscriptions/listen` of the bridge's own. */
interface Listening {
	/** What it asks to be told of. */
	readonly filter: Members;
	/** At the child; undefined where the child has ended it. */
	call: Call | undefined;
	/** What the child has agreed to tell of; undefined until it has said so. */
	agreed: Members | undefined;
	/** Calls of `resources/subscribe` that wait for that. */
	waiting: Call[];
	heard(notification: Notification): void;
	/** The child does not tell of it, with its error where it gave one. */
	refused(error: ErrorObject | undefined): void;
}

/**
 * What a child of revision 2026-07-28 is asked to tell of in the stead of
 * legacy clients, which hear of changed lists without asking and subscribe to
 * one resource at a time (2026-07-28, basic/patterns/subscriptions).
 */
export class ModernListening {
	readonly #host: DialectHost;
	readonly #self: Members;
	#lists: Listening | undefined;
	readonly #resources = new Map<string, Listening>();
	/** By resource. */
	readonly #watchers = new Map<string, Set<Connection>>();

	/** @param self the `_meta` of the bridge's own requests to the child */
	constructor(host: DialectHost, self: Members) {
		this.#host = host;
		this.#self = self;
	}

	/** Has the child tell of its lists, and of what clients have subscribed to at the one before it. */
	setUp({ capabilities }: Members): void {
		const filter: Members = {};
		for (const change of listChanges) {
			const declared = isMembers(capabilities)
				? capabilities[change.kind]
				: undefined;
			if (isMembers(declared) && declared.listChanged === true) {
				filter[change.filter] = true;
			}
		}
		if (Object.keys(filter).length > 0) {
			this.#lists = this.#open({
				filter,
				heard: (notification) => this.#changed(notification),
				refused: () => {},
			});
		}
		for (const connection of this.#host.connections) {
			for (const uri of connection.uris) this.#watch(connection, uri);
		}
	}

	/** Opens again what the child has ended. Called when a legacy client asks something, so that a child that always ends them is not asked without end. */
	renew(): void {
		for (const listening of [this.#lists, ...this.#resources.values()]) {
			if (listening && !listening.call) this.#listen(listening);
		}
	}

	/** Serves `resources/subscribe`. */
	subscribe(call: Call): void {
		const { connection, request } = call;
		const uri = request.params?.uri;
		if (typeof uri !== "string") {
			this.#host.settle(call, errorOf(request.id, updatesNotOffered(uri)));
			return;
		}
		const isNew = !connection.uris.has(uri);
		if (isNew) call.setting = { name: "subscription", uri };
		connection.uris.add(uri);
		const listening = this.#watch(connection, uri);
		if (listening.agreed) this.#host.settle(call, resultOf(request.id, {}));
		else {
			this.#host.park(call);
			listening.waiting.push(call);
		}
	}

	/** Serves `resources/unsubscribe`. */
	unsubscribe(call: Call): void {
		const uri = call.request.params?.uri;
		if (typeof uri === "string") this.#unwatch(call.connection, uri);
		this.#host.settle(call, resultOf(call.request.id, {}));
	}

	/** A call has come to nothing. */
	undo(call: Call): void {
		const { connection, setting } = call;
		if (setting?.name !== "subscription") return;
		const listening = this.#resources.get(setting.uri);
		// It is answered by who ends it.
		if (listening) {
			listening.waiting = listening.waiting.filter((each) => each !== call);
		}
		this.#unwatch(connection, setting.uri);
	}

	/** A client has gone. */
	leave(connection: Connection): void {
		for (const uri of [...connection.uris]) this.#unwatch(connection, uri);
	}

	#watch(connection: Connection, uri: string): Listening {
		const watchers = this.#watchers.get(uri) ?? new Set();
		this.#watchers.set(uri, watchers.add(connection));
		const known = this.#resources.get(uri);
		if (known) return known;
		const listening = this.#open({
			filter: { resourceSubscriptions: [uri] },
			heard: (notification) => {
				const given = legacyNotification(notification);
				for (const { listener } of this.#watchers.get(uri) ?? []) {
					listener(given);
				}
			},
			refused: () => {
				for (const { uris } of this.#watchers.get(uri) ?? []) uris.delete(uri);
				this.#watchers.delete(uri);
				this.#resources.delete(uri);
			},
		});
		this.#resources.set(uri, listening);
		return listening;
	}

	#unwatch(connection: Connection, uri: string): void {
		connection.uris.delete(uri);
		const watchers = this.#watchers.get(uri);
		if (!watchers?.delete(connection) || watchers.size > 0) return;
		this.#watchers.delete(uri);
		const listening = this.#resources.get(uri);
		this.#resources.delete(uri);
		if (!listening) return;
		const { call, waiting } = listening;
		if (call) this.#host.cancelOwn(call, "The client has unsubscribed");
		for (const call of waiting.splice(0)) {
			this.#host.settle(call, errorOf(call.request.id, cancelledError));
		}
	}

	#changed(notification: Notification): void {
		this.#host.changed(notification.method);
		const given = legacyNotification(notification);
		for (const connection of this.#host.connections) {
			connection.tellChange(given);
		}
	}

	#open(of: Pick<Listening, "filter" | "heard" | "refused">): Listening {
		const listening: Listening = {
			...of,
			call: undefined,
			agreed: undefined,
			waiting: [],
		};
		this.#listen(listening);
		return listening;
	}

	#listen(listening: Listening): void {
		const { filter: notifications } = listening;
		const params = { _meta: this.#self, notifications };
		listening.call = this.#host.askOwn(
			"subscriptions/listen",
			params,
			(message) => this.#hear(listening, message),
		);
	}

	#hear(listening: Listening, message: Message): void {
		if ("method" in message) {
			if (message.method === "notifications/subscriptions/acknowledged") {
				this.#acknowledged(listening, message.params?.notifications);
			} else listening.heard(message);
			return;
		}
		const call = listening.call;
		listening.call = undefined;
		if (listening.agreed && "result" in message) return;
		// A refusal would be no other the next time.
		if ("error" in message) listening.call = call;
		this.#refuse(listening, "error" in message ? message.error : undefined);
	}

	#acknowledged(listening: Listening, agreed: unknown): void {
		const { filter, waiting } = listening;
		const wanted = filter.resourceSubscriptions;
		const given: Members = isMembers(agreed) ? agreed : {};
		if (Array.isArray(wanted) && !includesAll(given, wanted)) {
			const { call } = listening;
			if (call) this.#host.cancelOwn(call, "The subscription is not wanted");
			this.#refuse(listening, undefined);
			return;
		}
		listening.agreed = given;
		for (const call of waiting.splice(0)) {
			this.#host.settle(call, resultOf(call.request.id, {}));
		}
	}

	#refuse(listening: Listening, error: ErrorObject | undefined): void {
		listening.refused(error);
		for (const call of listening.waiting.splice(0)) {
			const { id, params } = call.request;
			const why = error ?? updatesNotOffered(params?.uri);
			this.#host.settle(call, errorOf(id, why));
		}
	}
}

function includesAll(
	{ resourceSubscriptions }: Members,
	uris: readonly unknown[],
): boolean {
	return (
		Array.isArray(resourceSubscriptions) &&
		uris.every((uri) => resourceSubscriptions.includes(uri))
	);
}

/** A notification without what the modern revision has in its `_meta`. */
function legacyNotification(notification: Notification): Notification {
	if (!notification.params) return notification;
	const params = withoutProtocolMeta(notification.params);
	const { params: _, ...rest } = notification;
	return Object.keys(params).length > 0 ? { ...rest, params } : rest;
}
