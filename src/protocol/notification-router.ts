import type { Audience } from "./audience.ts";
import type { Ledger } from "./ledger.ts";
import type { Notification } from "./messages.ts";
import {
	type ParkedSubscriptions,
	subscriptionEnd,
} from "./parked-subscriptions.ts";
import type { Link, Recipients } from "./recipients.ts";

/** What decides where a child's notification goes. */
export interface Routing {
	ledger: Ledger<Link>;
	audience: Audience<Link>;
	recipients: Recipients;
	links: ReadonlySet<Link>;
	subscriptions: ParkedSubscriptions<Link>;
	/** A message had nobody to go to and was dropped: its kind. */
	dropped(kind: string): void;
	/** What a list of the child holds has changed: the notification's method. */
	changed(method: string): void;
}

/** Takes a notification of a legacy child to whom it belongs. */
export function routeLegacy(
	notification: Notification,
	{ ledger, audience, recipients, links, dropped, changed }: Routing,
): void {
	const { method, params } = notification;
	switch (method) {
		case "notifications/progress": {
			const routed = ledger.progress(notification);
			if (routed) routed.asked.receive(routed.notification);
			else dropped("progress-of-no-request");
			return;
		}
		case "notifications/cancelled": {
			const routed = ledger.cancelQuestion(notification);
			if (routed) recipients.deliver(routed.owner, routed.notification);
			return;
		}
		case "notifications/resources/updated": {
			const owners =
				typeof params?.uri === "string"
					? audience.subscribersOf(params.uri)
					: new Set<Link>();
			for (const { listener } of owners) listener(notification);
			if (owners.size === 0) dropped("update-of-no-subscriber");
			return;
		}
		case "notifications/message": {
			const link = recipients.certain();
			if (link && audience.admits(link, params?.level)) {
				recipients.deliver(link, notification);
			} else dropped("log-of-no-certain-client");
			return;
		}
		default:
			if (method.endsWith("/list_changed")) {
				changed(method);
				for (const { listener } of links) listener(notification);
			} else {
				const link = recipients.certain();
				if (link) recipients.deliver(link, notification);
				else dropped("notification-of-no-certain-client");
			}
	}
}

/**
 * Takes a notification of a modern child to the request it belongs to: it sends
 * none that belongs to none (2026-07-28, basic/transports/stdio, 'Receiving Messages').
 */
export function routeModern(
	notification: Notification,
	{ ledger, subscriptions, dropped }: Routing,
): void {
	const { method, params } = notification;
	const ofSubscription = ledger.subscription(notification);
	if (ofSubscription) {
		const { request, receive } = ofSubscription.asked;
		if (!subscriptions.isKnown(request, notification)) {
			receive(ofSubscription.notification);
		}
		return;
	}
	switch (method) {
		case "notifications/progress": {
			const routed = ledger.progress(notification);
			if (routed) routed.asked.receive(routed.notification);
			else dropped("progress-of-no-request");
			return;
		}
		case "notifications/message": {
			const asked = ledger.logger(params?.level);
			if (asked) asked.receive(notification);
			else dropped("log-of-no-certain-request");
			return;
		}
		case "notifications/cancelled": {
			const asked = ledger.endSubscription(notification);
			asked?.receive(subscriptionEnd(asked.request));
			return;
		}
		default:
			dropped("notification-of-no-request");
	}
}
