import { ErrorCode } from "./error-codes.ts";
import {
	type ErrorObject,
	type Id,
	isMembers,
	type Notification,
} from "./messages.ts";
import { maxLevels } from "./nesting.ts";
import type { TimeLimits } from "./time-limits.ts";

/** The answer to a request that its sender cancelled. */
export const cancelledError: ErrorObject = {
	code: ErrorCode.requestCancelled,
	message: "The request was cancelled",
};

/** The answer to what is in flight when a client ends its session. */
export const endedError: ErrorObject = {
	code: ErrorCode.sessionNotFound,
	message: "The client has ended its session, or closed the response",
};

/** The answer where a message is nested so deep that it is not passed on. */
export const notPassedOn: ErrorObject = {
	code: ErrorCode.internalError,
	message: `The message cannot be passed on: it is nested deeper than ${maxLevels} levels`,
};

/** The answer where the bridge has failed; its log says why. */
export const failedError: ErrorObject = {
	code: ErrorCode.internalError,
	message: "The bridge failed on this request (its log says why)",
};

/** The answer to a question that a child asks where nobody knows whom. */
export function nobodyToAsk(method: string): ErrorObject {
	const message = `"${method}" cannot be asked here: several clients share this server and declared no such capability`;
	return { code: ErrorCode.methodNotFound, message };
}

/** The answer to a question of a child that has asked so much already that nobody has answered. */
export const tooManyQuestions: ErrorObject = {
	code: ErrorCode.limitReached,
	message: "Too many questions are open (ask again when some are answered)",
};

/** The answer to a question that a modern child asks by a request (2026-07-28, basic/patterns/mrtr). */
export function noQuestions(method: string): ErrorObject {
	const message = `"${method}" cannot be asked by a request in revision 2026-07-28 (answer with input_required)`;
	return { code: ErrorCode.methodNotFound, message };
}

/** The answer to a request that only servers of the other era know. */
export function noSuchMethod(method: string): ErrorObject {
	const message = `The server does not know "${method}"`;
	return { code: ErrorCode.methodNotFound, message };
}

/** The answer to a subscription that a server of revision 2026-07-28 does not take. */
export function updatesNotOffered(uri: unknown): ErrorObject {
	const message = `The server does not tell of updates of ${JSON.stringify(uri)}`;
	return { code: ErrorCode.methodNotFound, message };
}

/** `notifications/cancelled` for a request, under the id that the other side knows (2025-11-25, cancellation). */
export function cancellation(requestId: Id, reason: string): Notification {
	const method = "notifications/cancelled";
	return { jsonrpc: "2.0", method, params: { requestId, reason } };
}

/** True for an error of the bridge's own, and of no server: it says in `data` whose it is. */
export function isOfBridge({ data }: ErrorObject): boolean {
	return (
		isMembers(data) &&
		typeof data.server === "string" &&
		typeof data.code === "string"
	);
}

/** The answer to a call of which nobody can say whether its headers are right: the server's tools could not be listed. */
export function toolsNotListed(server: string, reason: string): ErrorObject {
	return {
		code: ErrorCode.internalError,
		message: `Cannot check the headers of a call to server "${server}": it did not list its tools: ${reason} (call again; see what tools/list of the server answers)`,
		data: { code: "TOOLS_NOT_LISTED", server },
	};
}

/** The answer to a request for which there is no room. */
export function queueFull(server: string, limit: string): ErrorObject {
	return {
		code: ErrorCode.limitReached,
		message: `Too much waits for server "${server}" already (try again later, or raise its "${limit}")`,
		data: { code: "QUEUE_FULL", server, limit },
	};
}

/** What is to be said of a request that took too long. */
export interface Overdue {
	server: string;
	method: string;
	/** The option that ended it. */
	limit: keyof TimeLimits;
	/** Its value. */
	timeoutMs: number;
	/** The server has it, and may have done what it asks for. */
	wasSent: boolean;
}

/** The answer to a request that took too long. */
export function requestTimeout(overdue: Overdue): ErrorObject {
	const { server, method, limit, timeoutMs, wasSent } = overdue;
	const message = wasSent
		? `Server "${server}" has not answered "${method}" within ${timeoutMs} ms and was told to stop (${limit === "requestTimeoutMs" ? 'raise its "requestTimeoutMs", or ask for progress, which extends it' : `raise its "${limit}"`})`
		: `"${method}" has waited ${timeoutMs} ms for its turn at server "${server}" and was not sent (try again later, or raise its "${limit}" or "concurrency")`;
	const data = { code: timeoutCode, server, limit, timeoutMs, wasSent };
	return { code: ErrorCode.requestTimeout, message, data };
}

const timeoutCode = "REQUEST_TIMEOUT";

/** True for the answer to a request that the child may still be at work on, since it took too long. */
export function isLeftAtWork({ data }: ErrorObject): boolean {
	return isMembers(data) && data.code === timeoutCode && data.wasSent === true;
}
