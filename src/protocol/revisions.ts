import { ErrorCode } from "./error-codes.ts";
import { type ErrorObject, isMembers, type Message } from "./messages.ts";

/** The revisions with an `initialize` handshake, oldest first. */
export const legacyRevisions = [
	"2024-11-05",
	"2025-03-26",
	"2025-06-18",
	"2025-11-25",
] as const;

/** A revision with an `initialize` handshake. */
export type LegacyRevision = (typeof legacyRevisions)[number];

/** What the bridge offers a child, and a client that asks for a revision it does not know. */
export const latestLegacyRevision: LegacyRevision = "2025-11-25";

/** What a Streamable HTTP client speaks that never said (2025-11-25, transports, 'Protocol Version Header'). */
export const assumedRevision: LegacyRevision = "2025-03-26";

/** The `_meta` key by which a modern request names its revision (2026-07-28, basic/index, '_meta'). */
const modernVersionKey = "io.modelcontextprotocol/protocolVersion";

/** True for a revision with an `initialize` handshake. */
export function isLegacyRevision(value: unknown): value is LegacyRevision {
	return legacyRevisions.includes(value as LegacyRevision);
}

/**
 * The revision that the answer to `initialize` names: the one asked for where
 * it is a known legacy one, else the latest (2025-11-25, lifecycle, 'Version
 * Negotiation').
 */
export function negotiate(requested: unknown): LegacyRevision {
	return isLegacyRevision(requested) ? requested : latestLegacyRevision;
}

/**
 * The revision that a request names and this bridge does not serve, or
 * undefined where it is a legacy request.
 *
 * A modern request says so in its `_meta`; the `MCP-Protocol-Version` header
 * mirrors that. On legacy requests the header is missing, doubled or stale with
 * many a client, so one known revision among its values is enough, and on
 * `initialize`, which has a version of its own, it says nothing.
 *
 * @param header the raw `MCP-Protocol-Version` value; doubled headers arrive joined by commas
 */
export function unservedRevision(
	message: Message | undefined,
	header: string | null | undefined,
): string | undefined {
	const named = modernVersionOf(message);
	if (named !== undefined) return isLegacyRevision(named) ? undefined : named;
	if (message && "method" in message && message.method === "initialize") {
		return undefined;
	}
	if (!header) return undefined;
	const values = header.split(",").map((value) => value.trim());
	return values.some(isLegacyRevision) ? undefined : values[0];
}

/** The error that names the revisions served here (2026-07-28, basic/versioning). */
export function unsupportedRevision(requested: string): ErrorObject {
	return {
		code: ErrorCode.unsupportedProtocolVersion,
		message: `Protocol version "${requested}" is not served here (use one of ${legacyRevisions.join(", ")})`,
		data: { supported: legacyRevisions, requested },
	};
}

function modernVersionOf(message: Message | undefined): string | undefined {
	if (!message || !("params" in message)) return undefined;
	const meta = message.params?._meta;
	if (!isMembers(meta)) return undefined;
	const version = meta[modernVersionKey];
	return typeof version === "string" ? version : undefined;
}
