import type { Call } from "../multiplex/call.ts";
import type { LegacyDialect } from "../multiplex/legacy-dialect.ts";
import {
	ofSubscription,
	type Subscription,
} from "../multiplex/subscription.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { errorOf, isMembers, type Members } from "../protocol/messages.ts";
import { listChanges } from "../protocol/methods.ts";

/**
 * Serves a modern client's `subscriptions/listen` on a legacy child: what the
 * child tells everybody is filtered, updates of resources are subscribed to
 * (2026-07-28, basic/patterns/subscriptions). It is acknowledged when it is
 * known what of it the child has agreed to.
 */
export function listenOverLegacy(call: Call, dialect: LegacyDialect): void {
	const { request } = call;
	const filter = request.params?.notifications;
	if (!isMembers(filter) || !isFilter(filter)) {
		const code = ErrorCode.invalidParams;
		const message = `"notifications" has to be an object: which changes to tell of`;
		dialect.settle(call, errorOf(request.id, { code, message }));
		return;
	}
	const { capabilities } = dialect.opening;
	const offered = isMembers(capabilities) ? capabilities : {};
	const changes = listChanges.filter(
		({ kind, filter: wanted }) =>
			filter[wanted] === true && offers(offered[kind], "listChanged"),
	);
	const honored: Members = Object.fromEntries(
		changes.map(({ filter: wanted }) => [wanted, true]),
	);
	const { resourceSubscriptions } = filter;
	const uris = offers(offered.resources, "subscribe")
		? [...new Set((resourceSubscriptions ?? []) as string[])]
		: [];
	const methods = changes.map(({ notification }) => notification);
	if (uris.length > 0) methods.push("notifications/resources/updated");
	// A modern child before this one may have acknowledged it.
	const wasAcknowledged = call.subscription?.isAcknowledged === true;
	const subscription: Subscription = {
		isAcknowledged: wasAcknowledged,
		wanted: new Set(methods),
		uris,
		early: [],
	};
	call.subscription = subscription;
	dialect.listen(call);
	if (uris.length === 0) {
		acknowledge(call, subscription, honored);
		return;
	}
	dialect.settings.watch(call, uris, (agreed) => {
		subscription.uris = agreed;
		const all = { ...honored, resourceSubscriptions: agreed };
		acknowledge(call, subscription, all);
	});
}

function acknowledge(
	call: Call,
	subscription: Subscription,
	notifications: Members,
): void {
	const { request } = call;
	const acknowledgement = {
		jsonrpc: "2.0",
		method: "notifications/subscriptions/acknowledged",
		params: { notifications },
	} as const;
	if (!subscription.isAcknowledged) {
		call.say(ofSubscription(acknowledgement, request));
	}
	subscription.isAcknowledged = true;
	for (const notification of subscription.early.splice(0)) {
		call.say(ofSubscription(notification, request));
	}
}

function offers(capability: unknown, part: string): boolean {
	return isMembers(capability) && capability[part] === true;
}

function isFilter({ resourceSubscriptions: uris }: Members): boolean {
	return (
		uris === undefined ||
		(Array.isArray(uris) && uris.every((uri) => typeof uri === "string"))
	);
}
