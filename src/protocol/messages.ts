/** A request id or progress token: a string or a number; 0 and "0" are two different ids. */
export type Id = string | number;

/** Members of a `params`, `result` or `data` object, passed on as they are. */
export type Members = Record<string, unknown>;

/** A JSON-RPC request. */
export interface Request {
	jsonrpc: "2.0";
	id: Id;
	method: string;
	params?: Members;
}

/** A JSON-RPC notification. */
export interface Notification {
	jsonrpc: "2.0";
	method: string;
	params?: Members;
}

/** The `error` member of a response. */
export interface ErrorObject {
	code: number;
	message: string;
	data?: unknown;
}

/** A JSON-RPC response with a result. */
export interface ResultResponse {
	jsonrpc: "2.0";
	id: Id;
	result: Members;
}

/** A JSON-RPC response with an error; `id` is null or absent where the request's could not be read. */
export interface ErrorResponse {
	jsonrpc: "2.0";
	id?: Id | null;
	error: ErrorObject;
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
 * inside `params`, `result` and `error` is nobody's business here.
 *
 * A missing `jsonrpc` member is forgiven: some servers and clients leave it out.
 */
export function asMessage(value: unknown): Message | undefined {
	if (!isMembers(value)) return undefined;
	// Empty options, as some libraries write them: absent is what is meant.
	if (value.params === null) delete value.params;
	if (value.error === null) delete value.error;
	if ("jsonrpc" in value && value.jsonrpc !== "2.0") return undefined;
	if ("method" in value) {
		if (typeof value.method !== "string") return undefined;
		if ("id" in value && !isId(value.id)) return undefined;
		if ("params" in value && !isMembers(value.params)) return undefined;
		return value as unknown as Request | Notification;
	}
	if (isMembers(value.error)) {
		return value.id === undefined || value.id === null || isId(value.id)
			? (value as unknown as ErrorResponse)
			: undefined;
	}
	return "result" in value && isId(value.id)
		? (value as unknown as ResultResponse)
		: undefined;
}

/** True for an object that is neither null nor an array. */
export function isMembers(value: unknown): value is Members {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of somebody else's as part of a sentence, whatever it is. */
export function shown(value: unknown): string {
	return typeof value === "string" ? value : JSON.stringify(value);
}

/** True for what may stand as an `id` or a `progressToken`. */
export function isId(value: unknown): value is Id {
	return typeof value === "string" || Number.isFinite(value);
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
