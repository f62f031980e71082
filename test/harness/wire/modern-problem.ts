import { isMembers, kindOf, type Message, memberOf } from "./message.ts";
import { mayRequireInput, type Role } from "./methods.ts";
import { metaKey } from "./revisions.ts";
import type { Schemas } from "./schemas.ts";

/** Results that say how long they may be kept (2026-07-28, server/utilities/caching). */
const cacheable = [
	"prompts/list",
	"resources/list",
	"resources/read",
	"resources/templates/list",
	"server/discover",
	"tools/list",
];

/** Error code → the members that its `data` has to have, and what they are (2026-07-28, schema). */
const errorData: Record<number, Record<string, (value: unknown) => boolean>> = {
	[-32021]: { requiredCapabilities: isMembers },
	[-32022]: { requested: isString, supported: isListOfStrings },
};

/**
 * What 2026-07-28 demands beyond the SDK's schemas, which are one for all revisions and have its members
 * optional or not at all.
 */
export function modernProblem(
	message: Message,
	from: Role,
	asked: Message | undefined,
	schemas: Schemas,
): string | undefined {
	switch (kindOf(message)) {
		case "request":
			return from === "client"
				? requestProblem(message, schemas)
				: `a server asks nothing by a request, but within a result that is "input_required"`;
		case "result":
			return resultProblem(message.result, asked?.method, schemas);
		case "error":
			return errorProblem(message.error);
		default:
			return undefined;
	}
}

function requestProblem(
	message: Message,
	schemas: Schemas,
): string | undefined {
	const meta = memberOf(message, "params", "_meta");
	if (!isMembers(meta)) return "params._meta is missing";
	if (!isString(meta[metaKey.protocolVersion]))
		return `params._meta lacks ${metaKey.protocolVersion}`;
	if (!isMembers(meta[metaKey.clientCapabilities]))
		return `params._meta lacks ${metaKey.clientCapabilities}`;
	for (const [key, definition] of [
		[metaKey.clientCapabilities, "ClientCapabilities"],
		[metaKey.clientInfo, "Implementation"],
		[metaKey.logLevel, "LoggingLevel"],
	] as const) {
		if (meta[key] === undefined) continue;
		const problem = schemas.problem(definition, meta[key]);
		if (problem !== undefined) return `params._meta.${key}: ${problem}`;
	}
	return undefined;
}

function resultProblem(
	result: unknown,
	method: unknown,
	schemas: Schemas,
): string | undefined {
	if (!isMembers(result)) return "result is no object";
	const { resultType } = result;
	if (resultType !== "complete" && resultType !== "input_required")
		return `result.resultType is ${JSON.stringify(resultType)} instead of "complete" or "input_required"`;
	const serverInfo = memberOf(result, "_meta", metaKey.serverInfo);
	if (serverInfo !== undefined) {
		const problem = schemas.problem("Implementation", serverInfo);
		if (problem !== undefined)
			return `result._meta.${metaKey.serverInfo}: ${problem}`;
	}
	if (resultType === "input_required")
		return inputRequiredProblem(result, method, schemas);
	if (cacheable.includes(method as string)) {
		const { ttlMs, cacheScope } = result;
		if (!Number.isSafeInteger(ttlMs) || (ttlMs as number) < 0)
			return `result.ttlMs is ${JSON.stringify(ttlMs)} instead of a number of milliseconds`;
		if (cacheScope !== "public" && cacheScope !== "private")
			return `result.cacheScope is ${JSON.stringify(cacheScope)} instead of "public" or "private"`;
	}
	return undefined;
}

function inputRequiredProblem(
	{ inputRequests, requestState }: Message,
	method: unknown,
	schemas: Schemas,
): string | undefined {
	if (typeof method === "string" && !mayRequireInput.includes(method))
		return `the result of ${method} is "input_required"`;
	if (inputRequests === undefined && requestState === undefined)
		return 'result is "input_required" and has neither inputRequests nor requestState';
	if (requestState !== undefined && !isString(requestState))
		return "result.requestState is no string";
	if (inputRequests === undefined) return undefined;
	if (!isMembers(inputRequests)) return "result.inputRequests is no object";
	for (const [key, request] of Object.entries(inputRequests)) {
		const problem = inputRequestProblem(request, schemas);
		if (problem !== undefined) return `result.inputRequests.${key}: ${problem}`;
	}
	return undefined;
}

function inputRequestProblem(
	request: unknown,
	schemas: Schemas,
): string | undefined {
	switch (memberOf(request, "method")) {
		case "elicitation/create": {
			const { params } = request as Message;
			// The SDK's schema still has the elicitationId that this revision has taken away.
			return memberOf(params, "mode") === "url"
				? schemas.problem("ElicitRequestURLParams", {
						elicitationId: "",
						...(params as Message),
					})
				: schemas.problem("ElicitRequest", request);
		}
		case "roots/list":
			return schemas.problem("ListRootsRequest", request);
		case "sampling/createMessage":
			return schemas.problem("CreateMessageRequest", request);
		default:
			return "its method is none that asks for input";
	}
}

function errorProblem(error: unknown): string | undefined {
	const code = memberOf(error, "code");
	for (const [name, fits] of Object.entries(errorData[code as number] ?? {}))
		if (!fits(memberOf(error, "data", name)))
			return `error.data.${name} of ${code} is ${JSON.stringify(memberOf(error, "data", name))}`;
	return undefined;
}

function isString(value: unknown): value is string {
	return typeof value === "string";
}

function isListOfStrings(value: unknown): boolean {
	return Array.isArray(value) && value.every(isString);
}
