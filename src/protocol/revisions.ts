import { ErrorCode } from "./error-codes.ts";
import type { ErrorObject } from "./messages.ts";

/** The revisions with an `initialize` handshake, oldest first. */
export const legacyRevisions = [
	"2024-11-05",
	"2025-03-26",
	"2025-06-18",
	"2025-11-25",
] as const;

/** A revision with an `initialize` handshake. */
export type LegacyRevision = (typeof legacyRevisions)[number];

/** The revision without a handshake: every request says for itself who asks. */
export const modernRevision = "2026-07-28";

/** Legacy: a conversation that `initialize` opens. Modern: requests that stand by themselves. A child speaks one of them for all its life. */
export type Era = "legacy" | "modern";

/** What Streamable HTTP serves, newest first. */
export const servedRevisions: readonly string[] = [
	modernRevision,
	...legacyRevisions.toReversed(),
];

/** What the bridge offers a child, and a client that asks for a revision it does not know. */
export const latestLegacyRevision: LegacyRevision = "2025-11-25";

/** What a Streamable HTTP client speaks that never said (2025-11-25, transports, 'Protocol Version Header'). */
export const assumedRevision: LegacyRevision = "2025-03-26";

/** What a child speaks that is opened in a revision. */
export function eraOf(revision: string): Era {
	return revision === modernRevision ? "modern" : "legacy";
}

/** True for a revision with an `initialize` handshake. */
export function isLegacyRevision(value: unknown): value is LegacyRevision {
	return legacyRevisions.includes(value as LegacyRevision);
}

/** Whether a child can be spoken with that names this revision in its answer to `initialize`: the SDKs take one from before the first, too. */
export function isSpokenByChildren(revision: string): boolean {
	return isLegacyRevision(revision) || revision === "2024-10-07";
}

/**
 * The revision that the answer to `initialize` names: the one asked for where
 * it is a known legacy one, else the latest (2025-11-25, lifecycle, 'Version
 * Negotiation').
 */
export function negotiate(requested: unknown): LegacyRevision {
	return isLegacyRevision(requested) ? requested : latestLegacyRevision;
}

/** The error that names the revisions served here (2026-07-28, basic/versioning). */
export function unsupportedRevision(
	requested: string,
	supported: readonly string[],
): ErrorObject {
	return {
		code: ErrorCode.unsupportedProtocolVersion,
		message: `Protocol version "${requested}" is not served here (use one of ${supported.join(", ")})`,
		data: { supported, requested },
	};
}
