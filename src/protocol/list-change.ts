import { metaKey } from "./eras/meta.ts";
import type { Ledger } from "./ledger.ts";
import { isMembers, type Notification } from "./messages.ts";
import type { ParkedSubscriptions } from "./parked-subscriptions.ts";
import type { Link } from "./recipients.ts";

/** What a modern client asks for to be told of a change (2026-07-28, basic/patterns/subscriptions). */
const filterOf: Readonly<Record<string, string>> = {
	"notifications/tools/list_changed": "toolsListChanged",
	"notifications/prompts/list_changed": "promptsListChanged",
	"notifications/resources/list_changed": "resourcesListChanged",
};

/** Tells who is subscribed on a modern child, or waits for one, that a list has changed, in the child's stead; gives who that is. */
export function tellSubscribers(
	notification: Notification,
	ledger: Ledger<Link>,
	subscriptions: ParkedSubscriptions<Link>,
): Set<Link> {
	const told = new Set<Link>();
	const open = [...ledger.inFlight(), ...subscriptions.all()];
	for (const { owner, request, receive } of open) {
		if (!subscriptions.isAcknowledged(request)) continue;
		const wanted = request.params?.notifications;
		const filter = filterOf[notification.method];
		if (!filter || !isMembers(wanted) || wanted[filter] !== true) continue;
		const _meta = { [metaKey.subscriptionId]: request.id };
		receive({ ...notification, params: { _meta } });
		told.add(owner);
	}
	return told;
}
