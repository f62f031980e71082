import { ErrorCode } from "../protocol/error-codes.ts";
import { type Header, refuseHeaders } from "../protocol/headers.ts";
import {
	type ErrorObject,
	isRequest,
	type Message,
	type Request,
} from "../protocol/messages.ts";
import { type Envelope, namedVersion, readEnvelope } from "../protocol/meta.ts";
import {
	isLegacyRevision,
	modernRevision,
	servedRevisions,
	unsupportedRevision,
} from "../protocol/revisions.ts";

/** In which way a POST has to be served, or why it is refused. */
export type ServedAs =
	| { era: "legacy" }
	| { era: "modern"; request: Request; envelope: Envelope }
	/** Revision 2026-07-28 defines no notification from a client over HTTP: it is accepted, and that is all. */
	| { era: "modern"; request?: undefined }
	| { refusal: ErrorObject };

/**
 * Tells the eras apart by what a message says of itself. A modern request names
 * its revision in `_meta`, and the `MCP-Protocol-Version` header mirrors that.
 * On legacy requests the header is missing, doubled or stale with many a
 * client, so one known revision among its values is enough, and on
 * `initialize`, which has a version of its own, it says nothing.
 *
 * Modern requests are held to the letter (2026-07-28, basic/transports/streamable-http,
 * 'Server Validation'); every refusal has status 400.
 */
export function eraOf(message: Message, header: Header): ServedAs {
	if (!("method" in message)) return { era: "legacy" };
	const named = namedVersion(message.params);
	const version = header("mcp-protocol-version")?.trim();
	if (isLegacyRevision(named) && version !== modernRevision) {
		return { era: "legacy" };
	}
	if (named === undefined) {
		const foreign = foreignRevision(version);
		if (foreign === undefined || message.method === "initialize") {
			return { era: "legacy" };
		}
		if (foreign !== modernRevision) return unsupported(foreign);
	}
	return isRequest(message)
		? modernRequest(message, named, version, header)
		: { era: "modern" };
}

/**
 * The revision that a message names and HTTP+SSE, which is legacy, cannot
 * serve; undefined where there is none.
 */
export function foreignToLegacy(
	message: Message,
	header: Header,
): string | undefined {
	if (!("method" in message)) return undefined;
	const named = namedVersion(message.params);
	if (typeof named === "string") {
		return isLegacyRevision(named) ? undefined : named;
	}
	return message.method === "initialize"
		? undefined
		: foreignRevision(header("mcp-protocol-version"));
}

/** The refusal of a request without a body, where its header names a revision that nobody knows (2025-11-25, transports, 'Protocol Version Header'). */
export function refuseRevision(header: Header): ErrorObject | undefined {
	const foreign = foreignRevision(header("mcp-protocol-version"));
	return foreign === undefined || foreign === modernRevision
		? undefined
		: unsupportedRevision(foreign, servedRevisions);
}

function modernRequest(
	request: Request,
	named: unknown,
	version: string | undefined,
	header: Header,
): ServedAs {
	// A later revision may want something else of its requests; one that contradicts itself is a mismatch.
	if (
		typeof named === "string" &&
		named === version &&
		named !== modernRevision
	) {
		return unsupported(named);
	}
	const envelope = readEnvelope(request);
	if ("problem" in envelope) {
		return {
			refusal: {
				code: ErrorCode.invalidParams,
				message: `The request is none of revision ${modernRevision}: ${envelope.problem}`,
			},
		};
	}
	const refusal = refuseHeaders(request, header);
	return refusal ? { refusal } : { era: "modern", request, envelope };
}

function unsupported(requested: string): ServedAs {
	return { refusal: unsupportedRevision(requested, servedRevisions) };
}

/** @param header the raw value; doubled headers arrive joined by commas */
function foreignRevision(header: string | undefined): string | undefined {
	if (!header) return undefined;
	const values = header.split(",").map((value) => value.trim());
	return values.some(isLegacyRevision) ? undefined : values[0];
}
