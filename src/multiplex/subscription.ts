import {
	isMembers,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import { metaKey, withMeta } from "../protocol/meta.ts";
import { filterOf } from "../protocol/methods.ts";

/** A modern client's `subscriptions/listen`, which outlives the child that it was opened on (2026-07-28, basic/patterns/subscriptions). */
export interface Subscription {
	/** Its client knows that it is open. */
	isAcknowledged: boolean;
	/** The notifications that a legacy child is to be heard with, by method. */
	wanted: ReadonlySet<string>;
	/** The resources that a legacy child was asked to tell of. */
	uris: readonly string[];
	/** What a legacy child has said before the acknowledgement. */
	early: Notification[];
}

/** Whether a `subscriptions/listen` asks to be told of this change of a list. */
export function wantsChange({ params }: Request, method: string): boolean {
	const wanted = params?.notifications;
	const filter = filterOf(method);
	return filter !== undefined && isMembers(wanted) && wanted[filter] === true;
}

/** A notification as the client of a subscription gets it. */
export function ofSubscription(
	notification: Notification,
	{ id }: Request,
): Notification {
	const params = withMeta(notification.params, metaKey.subscriptionId, id);
	return { ...notification, params };
}

/** The answer to `subscriptions/listen`, which ends it ('Graceful Closure'). */
export function subscriptionEnd({ id }: Request): Response {
	const _meta = { [metaKey.subscriptionId]: id };
	return resultOf(id, { resultType: "complete", _meta });
}
