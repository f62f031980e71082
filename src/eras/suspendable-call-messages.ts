import { isLeftAtWork } from "../protocol/bridge-errors.ts";
import {
	type ErrorObject,
	errorOf,
	isSameId,
	type Notification,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import { type ModernClient, metaOf } from "../protocol/meta.ts";
import { requiredCapability } from "./input.ts";
import { isWanted, missingCapability, notAsked } from "./legacy-child.ts";
import type {
	Attempt,
	CallCommand,
	Leased,
	Question,
} from "./suspendable-call-state.ts";

// What becomes of what a child says of its own accord, for `step`.

/** A question that the child waits for the answer to. */
export function questionOfChild(request: Request): Omit<Question, "key"> {
	return { request, childId: request.id };
}

/** Why a client is not asked something, with the error for a call that needs the answer, where the client could have declared to give it; undefined for what it is asked. */
export function refusalOf(
	question: Request,
	client: ModernClient,
): { missing?: ErrorObject } | undefined {
	const missing = missingCapability(question, client);
	if (missing) return { missing };
	const { method, params } = question;
	return requiredCapability(method, params) ? undefined : {};
}

/** Tells the child that its question is put to nobody. */
export function refuseQuestion({ id, method }: Request): CallCommand[] {
	return [
		{ do: "dropped", kind: "question-nobody-can-answer" },
		{ do: "tell", message: errorOf(id, notAsked(method)) },
	];
}

/** More questions to the client, under keys of their own. */
export function addQuestions(
	leased: Leased,
	more: readonly Omit<Question, "key">[],
): { leased: Leased; questions: readonly Question[] } {
	const questions = more.map((question, index) => {
		const [kind] = question.request.method.split("/");
		return { ...question, key: `${kind}-${leased.keys + index + 1}` };
	});
	return { leased: { ...leased, keys: leased.keys + more.length }, questions };
}

/** The child has taken a question back, which the client may have been asked already. */
export function withdraw(
	leased: Leased,
	questions: readonly Question[],
	id: unknown,
): { leased: Leased; questions: readonly Question[] } {
	const open = leased.open.filter((request) => !isSameId(request.id, id));
	return {
		leased: { ...leased, open },
		questions: questions.filter(({ childId }) => !isSameId(childId, id)),
	};
}

/** The child has answered the call: it does not wait for its client any more, and still may want to know. */
export function goneOnWithout(
	leased: Leased,
	questions: readonly Question[],
	answer: Response,
): Leased {
	const isAtWork = "error" in answer && isLeftAtWork(answer.error);
	const unanswered = questions
		.filter(({ childId }) => childId !== undefined)
		.map(({ request }) => request);
	return {
		...leased,
		used: leased.used || isAtWork,
		open: [...leased.open, ...unanswered],
	};
}

/** Gives the client what it wants to hear of a child's notifications, where one waits for an answer. */
export function passOn(
	notification: Notification,
	attempt: Attempt | undefined,
): CallCommand[] {
	const { method, params } = notification;
	// Whoever wants to hear of these has subscribed.
	if (method.endsWith("/list_changed")) return [];
	if (!attempt || !isWanted(notification, attempt.client)) {
		return [{ do: "dropped", kind: "notification-nobody-asked-for" }];
	}
	if (method !== "notifications/progress") {
		return [{ do: "receive", attempt, message: notification }];
	}
	const progressToken = metaOf(attempt.request.params)?.progressToken;
	if (progressToken === undefined) return [];
	const message = { ...notification, params: { ...params, progressToken } };
	return [{ do: "receive", attempt, message }];
}
