import { ErrorCode } from "./error-codes.ts";
import type { ErrorObject, Members, Request } from "./messages.ts";
import { namedVersion } from "./meta.ts";
import { mirroredName } from "./methods.ts";
import { isLegacyRevision } from "./revisions.ts";

/** Gives a header of the HTTP request by its name in lower case. */
export type Header = (name: string) => string | undefined;

/**
 * The error for standard headers that do not mirror the body; undefined where
 * they do (2026-07-28, basic/transports/streamable-http, 'Standard Request Headers').
 */
export function refuseHeaders(
	request: Request,
	header: Header,
): ErrorObject | undefined {
	return (
		refuseHeader(
			"MCP-Protocol-Version",
			header("mcp-protocol-version"),
			namedVersion(request.params),
		) ??
		refuseHeader("Mcp-Method", header("mcp-method"), request.method) ??
		refuseName(request, header("mcp-name"))
	);
}

function refuseName(
	{ method, params }: Request,
	header: string | undefined,
): ErrorObject | undefined {
	const value = nameOf(method, params);
	// A request without its name is the server's to refuse.
	return typeof value === "string"
		? refuseHeader("Mcp-Name", header, value, true)
		: undefined;
}

/**
 * The standard headers that mirror a message; none where it is not modern (2026-07-28, basic/transports/streamable-http,
 * 'Standard Request Headers').
 */
export function standardHeaders({
	method,
	params,
}: Pick<Request, "method" | "params">): Record<string, string> {
	const version = namedVersion(params);
	if (typeof version !== "string" || isLegacyRevision(version)) return {};
	const name = nameOf(method, params);
	return {
		"mcp-protocol-version": version,
		"mcp-method": method,
		...(typeof name === "string" && { "mcp-name": encodeHeader(name) }),
	};
}

/** What the `Mcp-Name` header mirrors. */
function nameOf(method: string, params: Members | undefined): unknown {
	const member = mirroredName(method);
	return member && params?.[member];
}

function encodeHeader(value: string): string {
	if (isVisible(value) && value === value.trim() && !value.startsWith("=?"))
		return value;
	const bytes = new TextEncoder().encode(value);
	return `=?base64?${btoa(String.fromCharCode(...bytes))}?=`;
}

/** @param encoded whether the value may be in the base64 form */
function refuseHeader(
	name: string,
	header: string | undefined,
	value: unknown,
	encoded = false,
): ErrorObject | undefined {
	if (header === undefined) {
		return headerMismatch(
			`the header ${name} is missing (it has to be "${value}")`,
		);
	}
	const given = header.trim();
	const decoded = encoded ? decodeHeader(given) : given;
	if (decoded === undefined) {
		return headerMismatch(`the header ${name} is no valid base64: "${given}"`);
	}
	return decoded === value
		? undefined
		: headerMismatch(
				`the header ${name} says "${decoded}" and the body "${value}"`,
			);
}

/** `HeaderMismatch`, which goes with status 400. */
export function headerMismatch(what: string): ErrorObject {
	const message = `Header mismatch: ${what}`;
	return { code: ErrorCode.headerMismatch, message };
}

/**
 * The value of a header that may be in the base64 form (2026-07-28,
 * basic/transports/streamable-http, 'Value Encoding'); undefined where it
 * claims to be and is not.
 */
export function decodeHeader(header: string): string | undefined {
	const encoded = /^=\?base64\?(.*)\?=$/.exec(header)?.[1];
	if (encoded === undefined) return isVisible(header) ? header : undefined;
	const isBase64 =
		encoded.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(encoded);
	if (!isBase64) return undefined;
	const bytes = Uint8Array.from(atob(encoded), (byte) => byte.charCodeAt(0));
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
			bytes,
		);
	} catch {
		return undefined;
	}
}

/** Visible ASCII, space and tab: all that may stand in a value by itself (RFC 9110, section 5.5). */
function isVisible(header: string): boolean {
	return /^[\t\x20-\x7e]*$/.test(header);
}
