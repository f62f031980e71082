import type {
	JSONRPCErrorResponse,
	JSONRPCNotification,
	JSONRPCRequest,
	JSONRPCResultResponse,
	RequestId,
} from "@modelcontextprotocol/sdk/types.js";
import { ErrorCode } from "./error-codes.ts";
import { ExactJson, ExactNumber, isSameNumber, printJson } from "./json.ts";

/** A request id or progress token: a string or a number; 0 and "0" are two different ids. */
export type Id = RequestId | ExactNumber;

/** Members of a `params`, `result` or `data` object, passed on as they are. */
export type Members = Record<string, unknown>;

// The SDK's types, but that ids keep the text of their numbers, and that nobody has looked into what is passed on.

/** A JSON-RPC request. */
export interface Request extends Omit<JSONRPCRequest, "id" | "params"> {
	id: Id;
	params?: Members;
}

/** A JSON-RPC notification. */
export interface Notification extends Omit<JSONRPCNotification, "params"> {
	params?: Members;
}

/** The `error` member of a response. */
export type ErrorObject = JSONRPCErrorResponse["error"];

/** A JSON-RPC response with a result. */
export interface ResultResponse
	extends Omit<JSONRPCResultResponse, "id" | "result"> {
	id: Id;
	result: Members;
}

/** A JSON-RPC response with an error; `id` is null or absent where the request's could not be read. */
export interface ErrorResponse extends Omit<JSONRPCErrorResponse, "id"> {
	id?: Id | null;
}

/** Either response. */
export type Response = ResultResponse | ErrorResponse;

/** Any JSON-RPC message. */
export type Message = Request | Notification | Response;

/** True for a message that wants an answer. */
export function isRequest(message: Message): message is Request {
	return "method" in message && "id" in message;
}

/**
 * Checks the envelope of one parsed JSON value and gives it back as a message,
 * or undefined where it is none (JSON-RPC 2.0, sections 4 and 5). What is
 * inside `params` and `result` is nobody's business here.
 *
 * What can only be meant in one way is forgiven and completed, since who gets
 * the message next need not forgive it: no `jsonrpc` member; `null`, or PHP's
 * empty array, in the place of an object; the `result` or `error` of null that
 * stands beside the real one; an error without a code or a message.
 */
export function asMessage(value: unknown): Message | undefined {
	if (!isMembers(value)) return undefined;
	if (!("jsonrpc" in value)) value.jsonrpc = "2.0";
	else if (value.jsonrpc !== "2.0") return undefined;
	if ("method" in value) return asRequest(value);
	if (value.error === null) delete value.error;
	if ("error" in value) return asError(value);
	if (!("result" in value) || !isId(value.id)) return undefined;
	const result = asObject(value.result);
	if (!result) return undefined;
	value.result = result;
	return value as unknown as ResultResponse;
}

function asRequest(value: Members): Request | Notification | undefined {
	if (typeof value.method !== "string") return undefined;
	if ("id" in value && !isId(value.id)) return undefined;
	if (value.params === null) delete value.params;
	if ("params" in value) {
		const params = asObject(value.params);
		if (!params) return undefined;
		value.params = params;
	}
	return value as unknown as Request | Notification;
}

function asError(value: Members): ErrorResponse | undefined {
	const { id, error } = value;
	if (id !== undefined && id !== null && !isId(id)) return undefined;
	if (typeof error !== "string" && !isMembers(error)) return undefined;
	const given: Members = isMembers(error) ? error : { message: error };
	value.error = {
		...given,
		code: integerOf(given.code) ?? ErrorCode.internalError,
		message:
			typeof given.message === "string"
				? given.message
				: "The error has no message",
	};
	delete value.result;
	return value as unknown as ErrorResponse;
}

/** An integer that may be written as a string, or with a fraction of zero. */
function integerOf(value: unknown): number | undefined {
	if (!isId(value)) return undefined;
	const number = Number(String(value));
	return Number.isSafeInteger(number) ? number : undefined;
}

function asObject(value: unknown): Members | undefined {
	if (value === null || (Array.isArray(value) && value.length === 0)) return {};
	return isMembers(value) ? value : undefined;
}

/** True for an object that is neither null nor an array. */
export function isMembers(value: unknown): value is Members {
	return (
		typeof value === "object" &&
		value !== null &&
		!Array.isArray(value) &&
		!(value instanceof ExactJson)
	);
}

/** A value of somebody else's as part of a sentence, whatever it is. */
export function asText(value: unknown): string {
	return typeof value === "string" ? value : printJson(value);
}

/** True for what may stand as an `id` or a `progressToken`. */
export function isId(value: unknown): value is Id {
	return (
		typeof value === "string" ||
		Number.isFinite(value) ||
		value instanceof ExactNumber
	);
}

/** True for one and the same id, in whatever way its number is written. */
export function isSameId(one: unknown, other: unknown): boolean {
	if (one === other) return true;
	return isNumber(one) && isNumber(other) && isSameNumber(one, other);
}

/**
 * The number that an id of the bridge's own has, which are integers from 0 on;
 * undefined for what is none. Some programs give it back as a string, or with a
 * fraction of zero.
 */
export function ownId(value: unknown): number | undefined {
	if (typeof value === "number") return value;
	return isId(value) && /^\d{1,15}(?:\.0+)?$/.test(String(value))
		? Number(String(value))
		: undefined;
}

function isNumber(value: unknown): value is number | ExactNumber {
	return typeof value === "number" || value instanceof ExactNumber;
}

/** A response that carries a result. */
export function resultOf(id: Id, result: Members): ResultResponse {
	return { jsonrpc: "2.0", id, result };
}

/** A response that carries an error; without an `id` where the request's is unknown: no revision's schema has null there. */
export function errorOf(id: Id | null, error: ErrorObject): ErrorResponse {
	return id === null
		? { jsonrpc: "2.0", error }
		: { jsonrpc: "2.0", id, error };
}
