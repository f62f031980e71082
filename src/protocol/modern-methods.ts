import { isMembers, type Request } from "./messages.ts";

/** True for the modern request that stays open: what it asks for is to be told of changes (2026-07-28, basic/patterns/subscriptions). */
export function isSubscription({ method }: Request): boolean {
	return method === "subscriptions/listen";
}

/** True for a subscription that watches resources. */
export function isWatch(request: Request): boolean {
	const { notifications } = request.params ?? {};
	if (!isSubscription(request) || !isMembers(notifications)) return false;
	const { resourceSubscriptions } = notifications;
	return (
		Array.isArray(resourceSubscriptions) && resourceSubscriptions.length > 0
	);
}
