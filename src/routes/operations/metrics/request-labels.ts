import { ErrorCode } from "../../../protocol/error-codes.ts";
import type { Answered, Refused, Responded } from "../../observer.ts";

// What clients write makes no label of its own: each has a fixed set of values.

/** What stands for all other values of a label. */
export const other = "other";

/** Requests of clients, of all revisions. */
const methods = new Set([
	"completion/complete",
	"initialize",
	"logging/setLevel",
	"ping",
	"prompts/get",
	"prompts/list",
	"resources/list",
	"resources/read",
	"resources/subscribe",
	"resources/templates/list",
	"resources/unsubscribe",
	"server/discover",
	"subscriptions/listen",
	"tasks/cancel",
	"tasks/get",
	"tasks/list",
	"tasks/result",
	"tasks/update",
	"tools/call",
	"tools/list",
]);

/** The method of MCP. */
export function methodLabel(method: string): string {
	return methods.has(method) ? method : other;
}

/** How a request ended: that of the log, with errors told apart by who can do something about them. */
export const outcomeLabels = [
	"ok",
	"tool-error",
	"input-required",
	"cancelled",
	/** The request was wrong. */
	"invalid",
	/** Any other error, of the server or of the bridge. */
	"error",
	/** It took too long. */
	"timeout",
	/** There is no child to answer it, or no longer. */
	"unavailable",
	/** A bound was reached, and it was not sent. */
	"overloaded",
] as const;

export type OutcomeLabel = (typeof outcomeLabels)[number];

/** Errors of the bridge's own that are not for want of a child. */
const byReason = new Map<string, OutcomeLabel>([
	["ANSWER_UNREADABLE", "error"],
	["LINE_TOO_LONG", "error"],
	["QUEUE_FULL", "overloaded"],
	["REQUEST_TIMEOUT", "timeout"],
	["TOO_MANY_CHILDREN", "overloaded"],
]);

const byCode = new Map<number | undefined, OutcomeLabel>([
	[ErrorCode.headerMismatch, "invalid"],
	[ErrorCode.invalidParams, "invalid"],
	[ErrorCode.invalidRequest, "invalid"],
	[ErrorCode.limitReached, "overloaded"],
	[ErrorCode.methodNotFound, "invalid"],
	[ErrorCode.missingClientCapability, "invalid"],
	[ErrorCode.parseError, "invalid"],
	[ErrorCode.resourceNotFound, "invalid"],
	[ErrorCode.unsupportedProtocolVersion, "invalid"],
	[ErrorCode.urlElicitationRequired, "input-required"],
]);

export function outcomeLabel({
	outcome,
	code,
	reason,
}: Pick<Answered, "outcome" | "code" | "reason">): OutcomeLabel {
	if (outcome !== "error") return outcome;
	if (reason !== undefined) return byReason.get(reason) ?? "unavailable";
	return byCode.get(code) ?? "error";
}

const reasonByStatus = new Map([
	[403, "forbidden"],
	[405, "method-not-allowed"],
	[406, "not-acceptable"],
	[415, "unsupported-encoding"],
	[500, "internal-error"],
	[503, "closing"],
]);

const reasonByCode = new Map<number, string>([
	[ErrorCode.headerMismatch, "header-mismatch"],
	[ErrorCode.invalidRequest, "invalid-request"],
	[ErrorCode.methodNotFound, "method-not-found"],
	[ErrorCode.missingClientCapability, "missing-capability"],
	[ErrorCode.parseError, "parse-error"],
	[ErrorCode.sessionNotFound, "session-not-found"],
	[ErrorCode.unsupportedProtocolVersion, "unsupported-version"],
]);

/** Why a request was refused: the option that is a bound, where one was reached. */
export function refusalLabel({
	status,
	code,
	limit,
	server,
}: Pick<Refused, "status" | "code" | "limit" | "server">): string {
	if (limit !== undefined) return limit;
	if (status === 404 && server === undefined) return "path-not-found";
	return reasonByStatus.get(status) ?? reasonByCode.get(code) ?? other;
}

const routes = new Map([
	["mcp", "mcp"],
	["sse", "sse"],
	["messages", "messages"],
	["health", "health"],
	["live", "health"],
	["ready", "health"],
	["status", "status"],
	["metrics", "metrics"],
]);

/** What an HTTP request is for, by the last part of its path. */
export function routeLabel({ path }: Pick<Responded, "path">): string {
	const end = path.endsWith("/") ? path.length - 1 : path.length;
	const last = path.slice(path.lastIndexOf("/", end - 1) + 1, end);
	return routes.get(last) ?? other;
}

const httpMethods = new Set([
	"GET",
	"POST",
	"DELETE",
	"OPTIONS",
	"HEAD",
	"PUT",
	"PATCH",
]);

export function httpMethodLabel({ method }: Pick<Responded, "method">): string {
	return httpMethods.has(method) ? method : other;
}
