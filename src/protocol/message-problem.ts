import { ExactNumber } from "./json.ts";
import { isId, isMembers, type Members } from "./messages.ts";

/**
 * Why a JSON value is no JSON-RPC 2.0 message (sections 4 and 5), as the end of
 * a sentence that says what to do.
 */
export function messageProblem(value: unknown): string {
	if (!isMembers(value)) {
		return `it is ${nameOf(value)} (send an object with a method, a result or an error)`;
	}
	const { jsonrpc, method, params, error } = value;
	if ("jsonrpc" in value && jsonrpc !== "2.0") {
		return `"jsonrpc" is ${nameOf(jsonrpc)} (it has to be "2.0")`;
	}
	if ("method" in value) {
		if (typeof method !== "string") {
			return `"method" is ${nameOf(method)} (it has to be a string)`;
		}
		if ("id" in value && !isId(value.id)) {
			return `${idProblem(value)}; leave it out of a notification)`;
		}
		return `"params" is ${nameOf(params)} (it has to be an object)`;
	}
	const hasError = error !== undefined && error !== null;
	if (hasError && typeof error !== "string" && !isMembers(error)) {
		return `"error" is ${nameOf(error)} (it has to be an object)`;
	}
	if (hasError || ("result" in value && !isId(value.id))) {
		return `${idProblem(value)})`;
	}
	if ("result" in value) {
		return `"result" is ${nameOf(value.result)} (it has to be an object)`;
	}
	return "it has neither a method nor a result nor an error";
}

function idProblem(value: Members): string {
	const what = "id" in value ? `is ${nameOf(value.id)}` : "is missing";
	return `"id" ${what} (it has to be a string or a number`;
}

/** A value in a few words: it can be long. */
function nameOf(value: unknown): string {
	if (value === null || typeof value === "boolean") return String(value);
	if (Array.isArray(value)) return "an array";
	if (typeof value === "number") return String(value);
	if (value instanceof ExactNumber) return "a number";
	if (typeof value === "object") return "an object";
	return typeof value === "string" && value.length <= 20
		? JSON.stringify(value)
		: `a ${typeof value}`;
}
