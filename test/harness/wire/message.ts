export type Members = Record<string, unknown>;

/** A JSON-RPC message as it was on the wire: nothing of it is certain but that it is an object. */
export type Message = Members;

export function isMembers(value: unknown): value is Members {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

export type Kind = "request" | "notification" | "result" | "error";

/** What a message is by its members; undefined where it is nothing of JSON-RPC. */
export function kindOf(message: Message): Kind | undefined {
	if ("method" in message) return "id" in message ? "request" : "notification";
	// "error": null beside a result is a result, as servers with serializers of all members send it.
	if (message.error !== undefined && message.error !== null) return "error";
	return "result" in message ? "result" : undefined;
}

/** `params`, `result` or `error`, whichever it carries. */
export function payloadOf(message: Message): unknown {
	return message.params ?? message.result ?? message.error;
}

/** A member of an object within a message; undefined where there is no such object. */
export function memberOf(value: unknown, ...path: string[]): unknown {
	return path.reduce<unknown>(
		(inner, name) => (isMembers(inner) ? inner[name] : undefined),
		value,
	);
}
