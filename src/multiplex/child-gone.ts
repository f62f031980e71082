import { cancellation } from "../protocol/bridge-errors.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import type { ErrorObject, Notification } from "../protocol/messages.ts";
import type { Call, Connection } from "./call.ts";
import type { ChildSide } from "./child-side.ts";
import type { Lists } from "./lists/lists.ts";
import type { Questions } from "./questions.ts";
import { isCall, type Queue } from "./queue.ts";
import {
	ofSubscription,
	subscriptionEnd,
	wantsChange,
} from "./subscription.ts";

// What becomes of the calls and questions of a child that has gone, and what
// clients are told in its stead.

/**
 * Takes what a child had when it went: what another one may get waits for it,
 * open subscriptions are kept, the rest is answered with the error.
 *
 * @param calls of clients, oldest first
 * @returns what is to go to the next child, in the same order
 */
export function recoverCalls(
	calls: readonly Call[],
	lists: Lists,
	error: ErrorObject,
): Call[] {
	const again: Call[] = [];
	for (const call of calls) {
		if (call.subscription?.isAcknowledged) call.enter({ name: "parked" });
		else if (isToRepeat(call, lists)) again.push(call);
		else {
			call.revert();
			call.fail(error);
		}
	}
	for (const call of again) {
		call.enter({ name: "queued", since: 0 });
		call.isRepeated = true;
		call.subscription = undefined;
		call.progressBefore = call.progress;
	}
	return again;
}

/** Calls that wait for what the bridge has asked a child on their behalf, oldest first by client. */
export function* strandedCalls(
	connections: Iterable<Connection>,
): Generator<Call> {
	for (const { calls } of connections) {
		for (const call of calls) {
			const { state, subscription, input } = call;
			const isForClient = subscription?.isAcknowledged || input?.open;
			if (state.name === "parked" && !isForClient) yield call;
		}
	}
}

/** Answers what waits with an error: no child could be started. */
export function refuseWaiting(
	queue: Queue,
	error: ErrorObject,
	dropped: (kind: DropKind) => void,
): void {
	for (const waiting of queue.takeAll()) {
		if (isCall(waiting)) {
			waiting.revert();
			waiting.fail(error);
		} else dropped("notification-without-child");
	}
}

/** Tells the clients that nobody waits any more for the answers to what the child asked. */
export function withdrawQuestions(
	questions: Questions,
	error: ErrorObject,
): void {
	for (const { connection, id } of questions.takeChilds()) {
		connection.listener(cancellation(id, error.message));
	}
}

/** Ends all subscriptions in good order: there will be no other child. */
export function endSubscriptions(
	child: ChildSide | undefined,
	connections: Iterable<Connection>,
): void {
	const reason = "The server is being stopped";
	for (const call of [...(child?.channel.subscriptions.values() ?? [])]) {
		child?.stop(call, reason);
	}
	for (const { calls } of connections) {
		for (const call of [...calls]) {
			const isOpen = call.isSubscription && call.state.name !== "queued";
			if (isOpen) call.settle(subscriptionEnd(call.request));
		}
	}
}

/** Tells clients that a list has changed: the notification's method. */
export function announceChange(
	method: string,
	connections: Iterable<Connection>,
): void {
	const notification: Notification = { jsonrpc: "2.0", method };
	for (const connection of connections) {
		connection.tellChange(notification);
		for (const call of connection.calls) {
			const { subscription, request } = call;
			if (!subscription?.isAcknowledged) continue;
			if (!wantsChange(request, method)) continue;
			call.say(ofSubscription(notification, request));
		}
	}
}

function isToRepeat(
	{ state, isRepeated, isSubscription, request }: Call,
	lists: Lists,
): boolean {
	// Not read: no child has seen it, so it may be sent as if it had just come.
	if (state.name === "sent") return true;
	if (isRepeated) return false;
	if (state.name === "parked") return true;
	return !isSubscription && lists.isRepeatable(request);
}
