import { ErrorCode } from "./error-codes.ts";
import type { ErrorObject, Id, Notification } from "./messages.ts";

/** The answer to a request that its sender cancelled. */
export const cancelledError: ErrorObject = {
	code: ErrorCode.requestCancelled,
	message: "The request was cancelled",
};

/** The answer to what is in flight when a client ends its session. */
export const endedError: ErrorObject = {
	code: ErrorCode.sessionNotFound,
	message: "The client has ended its session",
};

/** The answer where a message can be read but not written. */
export const notPassedOn: ErrorObject = {
	code: ErrorCode.internalError,
	message:
		"The message cannot be passed on: it is nested deeper than JSON.stringify goes",
};

/** `notifications/cancelled` for a request, under the id that the other side knows (2025-11-25, cancellation). */
export function cancellation(requestId: Id, reason: string): Notification {
	const method = "notifications/cancelled";
	return { jsonrpc: "2.0", method, params: { requestId, reason } };
}
