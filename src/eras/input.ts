import { isMembers, type Members, type Request } from "../protocol/messages.ts";
import { withoutProtocolMeta } from "../protocol/meta.ts";
import { methods } from "../protocol/methods.ts";

/**
 * What a server may ask its client for, and what the client declares that can
 * be asked: a request of its own in the legacy revisions, a part of an
 * `input_required` result in the modern one (2026-07-28, basic/patterns/mrtr).
 */
const capabilityOf = new Map(
	[...methods].flatMap(([method, { from, capability }]) =>
		from.legacy === "server" && capability ? [[method, capability]] : [],
	),
);

/** True for a request during which the server may ask its client. */
export function mayAsk(method: string): boolean {
	return methods.get(method)?.mayAsk === true;
}

/** Whether a server can ask a client with these capabilities anything at all. */
export function canBeAsked(capabilities: Members): boolean {
	return [...capabilityOf.values()].some((name) => name in capabilities);
}

/** Capabilities whose members are what is declared: an empty one declares nothing. */
const containers = ["extensions", "experimental"];

/** What a client declares besides what it can be asked: it tells a server something, and nobody has to be found for it. */
export function oneWayCapabilities(capabilities: Members): Members {
	const asking = [...capabilityOf.values()];
	const declared = Object.entries(capabilities).filter(([name, value]) => {
		if (asking.includes(name)) return false;
		if (!containers.includes(name)) return true;
		return isMembers(value) && Object.keys(value).length > 0;
	});
	return Object.fromEntries(declared);
}

/**
 * What the client would have to declare to be asked this, as a
 * `ClientCapabilities` object; undefined for what no client can be asked.
 */
export function requiredCapability(
	method: string,
	params: Members | undefined,
): Members | undefined {
	switch (method) {
		case "elicitation/create":
			return { elicitation: params?.mode === "url" ? { url: {} } : {} };
		case "sampling/createMessage":
			return {
				sampling: params && "tools" in params ? { tools: {} } : {},
			};
		case "roots/list":
			return { roots: {} };
		default:
			return undefined;
	}
}

/** Whether a client with these capabilities has declared all of `required`. */
export function declares(capabilities: Members, required: Members): boolean {
	return Object.entries(required).every(([name, parts]) => {
		const declared = capabilities[name];
		if (!isMembers(declared) || !isMembers(parts)) return false;
		const needed = Object.keys(parts);
		// An empty `elicitation` means forms (client/elicitation, 'Capabilities'), one that names modes means those.
		if (name === "elicitation" && needed.length === 0) {
			return "form" in declared || Object.keys(declared).length === 0;
		}
		return needed.every((part) => part in declared);
	});
}

/** A legacy server's question as an entry of `inputRequests`, with `params` in any case: see {@link withParams}. */
export function inputRequestOf({ method, params }: Request): Members {
	if (!params) return { method, params: {} };
	// Revision 2026-07-28 has neither: the client retries the call instead.
	const { elicitationId, task, ...rest } = withoutProgress(
		withoutProtocolMeta(params),
	);
	return { method, params: rest };
}

/** An `input_required` result each of whose questions has `params`, which may be left out of some: clients fail without. */
export function withParams(result: Members): Members {
	const { inputRequests } = result;
	if (!isMembers(inputRequests)) return result;
	const entries = Object.entries(inputRequests);
	const isWhole = entries.every(
		([, entry]) => !isMembers(entry) || isMembers(entry.params),
	);
	if (isWhole) return result;
	const whole = entries.map(([key, entry]) => [
		key,
		isMembers(entry) ? { ...entry, params: entry.params ?? {} } : entry,
	]);
	return { ...result, inputRequests: Object.fromEntries(whole) };
}

/**
 * An entry of `inputRequests` as a request to a legacy client; undefined where
 * it is none.
 *
 * @param id of the request, and of an elicitation by URL, which has to have one
 */
export function questionOf(id: string, entry: unknown): Request | undefined {
	if (!isMembers(entry)) return undefined;
	const { method, params } = entry;
	if (typeof method !== "string" || !capabilityOf.has(method)) return undefined;
	if (!isMembers(params)) {
		return method === "roots/list" ? { jsonrpc: "2.0", id, method } : undefined;
	}
	const asked =
		params.mode === "url" ? { elicitationId: id, ...params } : params;
	return { jsonrpc: "2.0", id, method, params: asked };
}

/** Progress of an answer to a question cannot travel in a retry. */
function withoutProgress(params: Members): Members {
	if (!isMembers(params._meta)) return params;
	const { progressToken, ...meta } = params._meta;
	const { _meta, ...rest } = params;
	return Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest;
}
