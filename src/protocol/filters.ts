import type { DropKind } from "./drop-kinds.ts";
import { ErrorCode } from "./error-codes.ts";
import {
	type ErrorObject,
	errorOf,
	isMembers,
	type Members,
	type Notification,
	type Request,
	type Response,
} from "./messages.ts";
import { type ListKind, listChanges, lists, methods } from "./methods.ts";
import { isSubscription } from "./modern-methods.ts";
import {
	type NameFilter,
	type NamePatterns,
	nameFilter,
	uriFilter,
} from "./name-filter.ts";
import type { Era } from "./revisions.ts";

/** What of a server its clients may see and use, by kind; all of a kind that has no filter. */
export type Filters = { readonly [K in ListKind]?: NameFilter };

/** Why a request does not reach the server: what its client gets, and as what it is counted. */
export interface FilterRefusal {
	error: ErrorObject;
	kind: DropKind;
}

/** Filters as an entry of the config has them. */
export type FilterPatterns = {
	readonly [K in ListKind]: NamePatterns | undefined;
};

/** The filters of an entry; undefined where it has none. */
export function filtersOf({
	tools,
	prompts,
	resources,
}: FilterPatterns): Filters | undefined {
	if (!tools && !prompts && !resources) return undefined;
	return {
		...(tools && { tools: nameFilter(tools) }),
		...(prompts && { prompts: nameFilter(prompts) }),
		...(resources && { resources: uriFilter(resources) }),
	};
}

/** The notifications that say that clients may see something else than before. */
export function changesBetween(
	before: FilterPatterns,
	after: FilterPatterns,
): string[] {
	return listChanges
		.filter(
			({ kind }) =>
				JSON.stringify(before[kind]) !== JSON.stringify(after[kind]),
		)
		.map(({ notification }) => notification);
}

/** Refuses a request for what its client may not use, as a server does that does not have it; undefined where it may pass. */
export function refuseFiltered(
	{ method, params = {} }: Request,
	filters: Filters,
	era: Era,
): FilterRefusal | undefined {
	const refuse = (kind: ListKind, name: unknown) => {
		const filter = filters[kind];
		if (!filter || filter.admits(name)) return undefined;
		return unknown[kind](name, era);
	};
	if (method === "completion/complete") {
		const ref = isMembers(params.ref) ? params.ref : {};
		// One of no type that is known may be read as either.
		const ofPrompt =
			ref.type === "ref/resource" ? undefined : refuse("prompts", ref.name);
		if (ofPrompt || ref.type === "ref/prompt") return ofPrompt;
		return refuse("resources", ref.uri);
	}
	const { named, capability } = methods.get(method) ?? {};
	return named && isKind(capability)
		? refuse(capability, params[named])
		: undefined;
}

const unknown: Record<
	ListKind,
	(name: unknown, era: Era) => FilterRefusal | undefined
> = {
	tools: unknownTool,
	prompts: unknownPrompt,
	resources: unknownResource,
};

function isKind(capability: string | undefined): capability is ListKind {
	return capability !== undefined && Object.hasOwn(unknown, capability);
}

/** True for a request of which something that comes back has to be filtered. */
export function isFiltered(request: Request): boolean {
	return (
		lists.has(request.method) ||
		request.method === "resources/read" ||
		isSubscription(request)
	);
}

/** The page of a list without what its client may not see; any other result as it is. The server's own is not changed: it may be kept elsewhere. */
export function filterList(
	method: string,
	result: Members,
	filters: Filters | undefined,
): Members {
	const list = lists.get(method);
	const filter = list && filters?.[list.kind];
	if (!filter) return result;
	const { member, key } = list;
	// What has no name cannot be known to be admitted, nor what is no list, or no result.
	if (!isMembers(result)) return { [member]: [] };
	if (!(member in result)) return result;
	const entries = Array.isArray(result[member]) ? result[member] : [];
	const admitted = entries.filter(
		(entry) => isMembers(entry) && filter.admits(entry[key]),
	);
	return { ...result, [member]: admitted };
}

/** The answer to a request without what its client may not see. */
export function filterAnswer(
	{ id, method, params }: Request,
	response: Response,
	filters: Filters,
	era: Era,
): Response {
	if ("error" in response) return response;
	if (method !== "resources/read") {
		const result = filterList(method, response.result, filters);
		return { ...response, result };
	}
	const { resources } = filters;
	const { contents = [] } = isMembers(response.result) ? response.result : {};
	if (!resources || !Array.isArray(contents)) return response;
	// A resource may have others in it, and the server may write their URIs in other ways.
	const left = contents.filter(
		(each) => !isMembers(each) || !resources.denies(each.uri),
	);
	if (left.length === contents.length) return response;
	return left.length === 0
		? errorOf(id, unknownResource(params?.uri, era).error)
		: { ...response, result: { ...response.result, contents: left } };
}

/** A `subscriptions/listen` without the resources that its client may not see (2026-07-28, basic/patterns/subscriptions); the request itself where there are none, or where it is another one. */
export function filterSubscription(
	request: Request,
	{ resources }: Filters,
): Request {
	const notifications = request.params?.notifications;
	if (!isSubscription(request) || !resources || !isMembers(notifications)) {
		return request;
	}
	const { resourceSubscriptions: uris = [] } = notifications;
	const all = Array.isArray(uris) ? uris : [uris];
	const admitted = all.filter((uri) => resources.admits(uri));
	if (admitted.length === all.length) return request;
	const params = {
		...request.params,
		notifications: { ...notifications, resourceSubscriptions: admitted },
	};
	return { ...request, params };
}

/** Whether a notification tells of a resource that its client may not see. */
export function isUpdateDenied(
	{ method, params }: Notification,
	{ resources }: Filters,
): boolean {
	return (
		method === "notifications/resources/updated" &&
		resources !== undefined &&
		!resources.admits(params?.uri)
	);
}

function unknownTool(name: unknown): FilterRefusal {
	const kind = "call-of-denied-tool";
	return { kind, error: unknownName("tool", name) };
}

function unknownPrompt(name: unknown): FilterRefusal {
	const kind = "request-for-denied-prompt";
	return { kind, error: unknownName("prompt", name) };
}

/** As the specification shows it (server/tools, 'Error Handling'). */
function unknownName(what: string, name: unknown): ErrorObject {
	const code = ErrorCode.invalidParams;
	return typeof name === "string"
		? { code, message: `Unknown ${what}: ${name}` }
		: { code, message: `The name of a ${what} has to be a string` };
}

/** As the revisions have it (server/resources, 'Error Handling'). */
function unknownResource(uri: unknown, era: Era): FilterRefusal {
	const kind = "request-for-denied-resource";
	if (typeof uri !== "string") {
		const message = "The URI of a resource has to be a string";
		return { kind, error: { code: ErrorCode.invalidParams, message } };
	}
	const code =
		era === "legacy" ? ErrorCode.resourceNotFound : ErrorCode.invalidParams;
	const message = "Resource not found";
	return { kind, error: { code, message, data: { uri } } };
}
