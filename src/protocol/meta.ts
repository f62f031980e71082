import { isLogLevel } from "./log-levels.ts";
import { isMembers, type Members, type Request } from "./messages.ts";
import { modernRevision } from "./revisions.ts";

/** The `_meta` keys that revision 2026-07-28 reserves for the protocol (basic/index, '_meta'). */
export const metaKey = {
	protocolVersion: "io.modelcontextprotocol/protocolVersion",
	clientInfo: "io.modelcontextprotocol/clientInfo",
	clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
	logLevel: "io.modelcontextprotocol/logLevel",
	subscriptionId: "io.modelcontextprotocol/subscriptionId",
	serverInfo: "io.modelcontextprotocol/serverInfo",
} as const;

/** What a modern request says of its client: all of it, since there is no session to remember anything. */
export interface Envelope {
	capabilities: Members;
	/** `clientInfo`, where it is given. */
	info?: Members;
	/** The least severe log message that the client wants of this request; none where it is left out. */
	logLevel?: string;
}

/** Who sends a modern request: what it says of itself, and who it has proved to be. */
export interface ModernClient extends Envelope {
	principal: string;
}

/** The principal of everybody who has not proved to be anybody. */
export const anonymous = "anonymous";

/** The revision that a message's `_meta` names, whatever it is; undefined where it names none. */
export function namedVersion(params: Members | undefined): unknown {
	return metaOf(params)?.[metaKey.protocolVersion];
}

/**
 * Reads what a modern request has to carry, or says what is wrong with it
 * (2026-07-28, basic/index, 'Per-request protocol fields').
 */
export function readEnvelope(request: Request): Envelope | { problem: string } {
	const meta = metaOf(request.params);
	if (!meta) return { problem: '"_meta" is missing' };
	const capabilities = meta[metaKey.clientCapabilities];
	const info = meta[metaKey.clientInfo];
	const logLevel = meta[metaKey.logLevel];
	if (typeof meta[metaKey.protocolVersion] !== "string") {
		return problem(metaKey.protocolVersion, "has to be a string");
	}
	if (!isMembers(capabilities)) {
		return problem(metaKey.clientCapabilities, "has to be an object");
	}
	if (info !== undefined && !isMembers(info)) {
		return problem(metaKey.clientInfo, "has to be an object");
	}
	if (logLevel !== undefined && !isLogLevel(logLevel)) {
		return problem(metaKey.logLevel, "is no log level");
	}
	return {
		capabilities,
		...(info === undefined ? {} : { info }),
		...(logLevel === undefined ? {} : { logLevel }),
	};
}

/** The `_meta` of a request to a modern server: the client's own keys, and who asks. */
export function modernMeta(meta: unknown, envelope: Envelope): Members {
	const { capabilities, info, logLevel } = envelope;
	return {
		...(isMembers(meta) ? meta : {}),
		[metaKey.protocolVersion]: modernRevision,
		[metaKey.clientCapabilities]: capabilities,
		...(info === undefined ? {} : { [metaKey.clientInfo]: info }),
		...(logLevel === undefined ? {} : { [metaKey.logLevel]: logLevel }),
	};
}

/** An object without the protocol's own `_meta` keys, and without `_meta` where nothing is left in it. */
export function withoutProtocolMeta(members: Members): Members {
	if (!isMembers(members._meta)) return members;
	const kept = Object.entries(members._meta).filter(
		([key]) => !Object.values<string>(metaKey).includes(key),
	);
	const { _meta, ...rest } = members;
	return kept.length === 0
		? rest
		: { ...rest, _meta: Object.fromEntries(kept) };
}

/** An object with one more `_meta` key. */
export function withMeta(
	members: Members | undefined,
	key: string,
	value: unknown,
): Members {
	return { ...members, _meta: { ...metaOf(members), [key]: value } };
}

/** The `_meta` of a `params` or `result`. */
export function metaOf(members: Members | undefined): Members | undefined {
	return isMembers(members?._meta) ? members._meta : undefined;
}

function problem(key: string, what: string): { problem: string } {
	return { problem: `"${key}" in "_meta" ${what}` };
}
