import { ErrorCode } from "../protocol/error-codes.ts";
import { isAtLeast } from "../protocol/log-levels.ts";
import {
	type ErrorObject,
	errorOf,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import type { Envelope } from "../protocol/meta.ts";
import { declares, requiredCapability } from "./input.ts";
import { modernError, modernResult } from "./to-modern.ts";

// What every way of serving a modern client on a legacy child has in common.

/** Sets a legacy child to send the log messages that a request wants; undefined where it wants none. */
export function logLevelRequest(
	{ id }: Request,
	{ logLevel }: Envelope,
): Request | undefined {
	if (logLevel === undefined) return undefined;
	const method = "logging/setLevel";
	const params = { level: logLevel };
	return { jsonrpc: "2.0", id: `${id}-level`, method, params };
}

/** A legacy child's answer as the modern client has to see it. */
export function modernResponse(
	{ id, method, params }: Request,
	response: Response,
	serverInfo: unknown,
): Response {
	return "result" in response
		? resultOf(id, modernResult(method, response.result, serverInfo))
		: errorOf(id, modernError(response.error, params));
}

/** Whether a notification that came with a request may go to its client: progress, and the log messages it wants. */
export function isWanted(
	{ method, params }: Notification,
	{ logLevel }: Envelope,
): boolean {
	if (method === "notifications/progress") return true;
	return (
		method === "notifications/message" &&
		logLevel !== undefined &&
		isAtLeast(params?.level, logLevel)
	);
}

/** The error for a question that the client has not declared to answer; undefined where it has. */
export function missingCapability(
	{ method, params }: Request,
	{ capabilities }: Envelope,
): ErrorObject | undefined {
	const required = requiredCapability(method, params);
	if (!required || declares(capabilities, required)) return undefined;
	return {
		code: ErrorCode.missingClientCapability,
		message: `The server needs to ask its client "${method}", which the client has not declared`,
		data: { requiredCapabilities: required },
	};
}

/** What the child is told where its question can be put to nobody. */
export function notAsked(method: string): ErrorObject {
	return {
		code: ErrorCode.methodNotFound,
		message: `"${method}" cannot be asked of this client`,
	};
}
