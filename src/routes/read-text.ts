import { isUtf8 } from "node:buffer";
import type { Context } from "hono";
import type { ServerEnv } from "./route-context.ts";

/** What stands before the first byte that is wrong is quoted up to so many characters. */
const maxQuoted = 20;

const decoder = new TextDecoder();

/**
 * The body of a request as text, without a byte order mark; what is wrong with one that is not UTF-8, which JSON has to
 * be (RFC 8259, section 8.1): replaced characters would reach a tool as if they had been meant.
 */
export async function readText(
	c: Context<ServerEnv>,
): Promise<{ text: string } | { problem: string }> {
	const bytes = c.var.body ?? new Uint8Array(await c.req.arrayBuffer());
	// Checked apart, since a decoder that throws is several times slower on one of the runtimes.
	return isUtf8(bytes)
		? { text: decoder.decode(bytes) }
		: { problem: firstFault(bytes) };
}

function firstFault(bytes: Uint8Array): string {
	const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
	let end = text.indexOf("\ufffd");
	let offset = Buffer.byteLength(text.slice(0, end));
	// Some of these characters may be meant.
	while (isReplacement(bytes, offset)) {
		const next = text.indexOf("\ufffd", end + 1);
		offset += Buffer.byteLength(text.slice(end, next));
		end = next;
	}
	const byte = bytes[offset]?.toString(16).toUpperCase().padStart(2, "0");
	const before = text.slice(Math.max(0, end - maxQuoted), end);
	return `byte ${offset} (0x${byte}), after ${JSON.stringify(before)}, begins no character`;
}

/** Whether U+FFFD itself stands there. */
function isReplacement(bytes: Uint8Array, offset: number): boolean {
	return [0xef, 0xbf, 0xbd].every((byte, at) => bytes[offset + at] === byte);
}
