import {
	isMembers,
	kindOf,
	type Members,
	type Message,
	payloadOf,
} from "./message.ts";
import { inputRequests } from "./methods.ts";
import { withoutOwnMembers } from "./own-members.ts";
import { metaKey } from "./revisions.ts";

/**
 * Fingerprints: what passes through the bridge has the same one on both sides, although ids and tokens differ,
 * and between the eras a few members of a message.
 */

/** Of a message, whatever in it is of the bridge's own writing; of a result with the request that it answers. */
export function fingerprintOf(
	message: Message,
	asked: Message | undefined,
): string {
	switch (kindOf(message)) {
		case "request":
		case "notification":
			return callPrint(message);
		case "result":
			return print(
				resultName(asked?.method),
				withoutOwnMembers(message.result),
			);
		default:
			return print("error", message.error);
	}
}

/** Of a message that passes with every member as it is, but for what the bridge writes into `_meta`. */
export function exactFingerprintOf(
	message: Message,
	asked: Message | undefined,
): string {
	const payload = payloadOf(message);
	const { _meta, ...rest } = isMembers(payload) ? payload : {};
	return print(
		`exactly ${message.method ?? asked?.method}`,
		isMembers(_meta) ? rest : payload,
	);
}

/** A part of a message that passes by itself. */
export interface Part {
	readonly fingerprint: string;
	/** The object or array that it is in. */
	readonly path: readonly string[];
	readonly key: string;
	/** What stands in its place where the message cannot be without it. */
	readonly substitute?: unknown;
}

const lists = ["tools", "prompts", "resources", "resourceTemplates", "roots"];
const somebody = { name: "somebody", version: "0" };

/**
 * The parts of a message: the entries of a list, what a result asks of the client, what the client answers to
 * that, and who the two sides are and what they can do.
 */
export function partsOf({ method, params, result }: Message): Part[] {
	const parts: Part[] = [];
	const add = (
		path: string[],
		container: unknown,
		key: string,
		printed: (value: unknown) => string,
		substitute?: unknown,
	) => {
		const value = (container as Members | undefined)?.[key];
		if (value !== undefined)
			parts.push({ fingerprint: printed(value), path, key, substitute });
	};
	const addAll = (
		path: string[],
		container: unknown,
		printed: (value: unknown) => string,
	) => {
		if (typeof container === "object" && container !== null)
			for (const key of Object.keys(container))
				add(path, container, key, printed);
	};
	const as = (name: string) => (value: unknown) => print(name, value);

	if (isMembers(params)) {
		addAll(
			["params", "inputResponses"],
			params.inputResponses,
			as(answerToInput),
		);
		const info = as("clientInfo");
		const capabilities = as("clientCapabilities");
		if (method === "initialize") {
			add(["params"], params, "clientInfo", info, somebody);
			add(["params"], params, "capabilities", capabilities, {});
		}
		const meta = params._meta;
		const path = ["params", "_meta"];
		add(path, meta, metaKey.clientInfo, info);
		add(path, meta, metaKey.clientCapabilities, capabilities, {});
	}
	if (isMembers(result)) {
		for (const list of lists)
			addAll(["result", list], result[list], as(`entry of ${list}`));
		addAll(["result", "inputRequests"], result.inputRequests, (request) =>
			isMembers(request) ? callPrint(request) : print("no request", request),
		);
		const info = as("serverInfo");
		add(["result"], result, "serverInfo", info, somebody);
		add(["result", "_meta"], result._meta, metaKey.serverInfo, info);
		add(["result"], result, "capabilities", as("serverCapabilities"), {});
	}
	return parts;
}

/** The message without these parts. */
export function withoutParts(
	message: Message,
	parts: readonly Part[],
): Message {
	const copy = structuredClone(message);
	const arrays = new Set<unknown[]>();
	for (const { path, key, substitute } of parts) {
		const container = path.reduce(
			(inner, name) => inner[name] as Members,
			copy,
		);
		if (substitute === undefined) delete container[key];
		else container[key] = substitute;
		if (Array.isArray(container)) arrays.add(container);
	}
	// What was deleted left a hole, which `filter` passes over.
	for (const array of arrays)
		array.splice(0, array.length, ...array.filter(() => true));
	return copy;
}

const answerToInput = "answer to what a server asks";

function resultName(method: unknown): string {
	return typeof method === "string" && Object.hasOwn(inputRequests, method)
		? answerToInput
		: `result of ${method}`;
}

function callPrint({ method, params }: Message): string {
	return print(String(method), withoutOwnMembers(params ?? {}));
}

/** The same text for the same value, whatever the order of its members. */
function print(name: string, value: unknown): string {
	return `${name} ${JSON.stringify(value, (_name, inner) =>
		isMembers(inner)
			? Object.fromEntries(
					Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)),
				)
			: inner,
	)}`;
}
