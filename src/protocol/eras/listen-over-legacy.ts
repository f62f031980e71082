import { ErrorCode } from "../error-codes.ts";
import {
	errorOf,
	isMembers,
	type Members,
	type Message,
	type Notification,
	type Request,
} from "../messages.ts";
import { subscriptionEnd } from "../parked-subscriptions.ts";
import type { Peer, Receive } from "../peer.ts";
import { initializeFor } from "./legacy-child.ts";
import { metaKey, withMeta } from "./meta.ts";
import { modernError } from "./to-modern.ts";

/** A list's name → whether the client wants to hear of its changes. */
const lists = ["tools", "prompts", "resources"];

/** So many notifications of a child are kept until it has answered what it was asked to subscribe to. */
const mostEarly = 1000;

/**
 * One `subscriptions/listen` of a modern client on a legacy child: what the
 * child tells everybody is filtered, updates of resources are subscribed to
 * (2026-07-28, basic/patterns/subscriptions).
 */
export class ListenOverLegacy {
	readonly #request: Request;
	readonly #receive: Receive;
	readonly #dropped: (kind: string) => void;
	/** Methods of the notifications to pass on, once it is acknowledged. */
	readonly #wanted = new Set<string>();
	/** What came before the acknowledgement. */
	#early: Notification[] | undefined = [];
	#over = false;

	constructor(
		request: Request,
		receive: Receive,
		dropped: (kind: string) => void,
	) {
		this.#request = request;
		this.#receive = receive;
		this.#dropped = dropped;
	}

	/** Subscribes, and acknowledges what could be subscribed to. */
	start(peer: Peer): void {
		const filter = this.#request.params?.notifications;
		if (!isMembers(filter) || !isFilter(filter)) {
			this.#refuse({
				code: ErrorCode.invalidParams,
				message: `"notifications" has to be an object: which changes to tell of`,
			});
			return;
		}
		peer.listen((message) => this.#hear(message));
		peer.ask(initializeFor(this.#request), (message) => {
			if (!("result" in message)) {
				if ("error" in message) {
					this.#refuse(modernError(message.error, undefined));
				}
				return;
			}
			const { capabilities } = message.result;
			const offered = isMembers(capabilities) ? capabilities : {};
			this.#subscribe(peer, filter, offered);
		});
	}

	/** Ends it in good order ('Graceful Closure'). */
	end(): void {
		this.#finish(subscriptionEnd(this.#request));
	}

	#subscribe(peer: Peer, filter: Members, offered: Members): void {
		const honored: Members = {};
		for (const list of lists) {
			const key = `${list}ListChanged`;
			if (filter[key] !== true || !offers(offered[list], "listChanged")) {
				continue;
			}
			honored[key] = true;
			this.#wanted.add(`notifications/${list}/list_changed`);
		}
		const { resourceSubscriptions } = filter;
		const uris = offers(offered.resources, "subscribe")
			? [...new Set((resourceSubscriptions ?? []) as string[])]
			: [];
		if (uris.length === 0) {
			this.#acknowledge(honored);
			return;
		}
		this.#wanted.add("notifications/resources/updated");
		const subscribed: string[] = [];
		let waiting = uris.length;
		for (const uri of uris) {
			const id = this.#request.id;
			const method = "resources/subscribe";
			peer.ask({ jsonrpc: "2.0", id, method, params: { uri } }, (message) => {
				if ("method" in message) return;
				if ("result" in message) subscribed.push(uri);
				else this.#dropped("subscription-refused");
				if (--waiting > 0) return;
				this.#acknowledge({ ...honored, resourceSubscriptions: subscribed });
			});
		}
	}

	#acknowledge(honored: Members): void {
		this.#send({
			jsonrpc: "2.0",
			method: "notifications/subscriptions/acknowledged",
			params: { notifications: honored },
		});
		const early = this.#early ?? [];
		this.#early = undefined;
		for (const notification of early) this.#hear(notification);
	}

	#hear(message: Message): void {
		if (!("method" in message) || "id" in message) return;
		if (this.#early) {
			if (this.#early.length < mostEarly) this.#early.push(message);
			else this.#dropped("notification-before-acknowledgement");
		} else if (this.#wanted.has(message.method)) this.#send(message);
	}

	#send(notification: Notification): void {
		if (this.#over) return;
		const params = withMeta(
			notification.params,
			metaKey.subscriptionId,
			this.#request.id,
		);
		this.#receive({ ...notification, params });
	}

	#refuse(error: { code: number; message: string; data?: unknown }): void {
		this.#finish(errorOf(this.#request.id, error));
	}

	#finish(message: Message): void {
		if (this.#over) return;
		this.#over = true;
		this.#receive(message);
	}
}

function offers(capability: unknown, part: string): boolean {
	return isMembers(capability) && capability[part] === true;
}

function isFilter(filter: Members): boolean {
	const { resourceSubscriptions: uris } = filter;
	return (
		uris === undefined ||
		(Array.isArray(uris) && uris.every((uri) => typeof uri === "string"))
	);
}
