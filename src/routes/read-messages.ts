import type { Context } from "hono";
import { ErrorCode } from "../protocol/error-codes.ts";
import {
	asMessage,
	type ErrorObject,
	type Id,
	isId,
	isMembers,
	type Message,
} from "../protocol/messages.ts";

/** The messages of a POST body, or why it is refused with 400. */
export type Body =
	| { messages: Message[]; batch: boolean }
	| { error: ErrorObject; id: Id | null };

/** Batch arrays exist in this revision only (2025-06-18, changelog). */
const batchRevision = "2025-03-26";

/**
 * Reads and checks the body of a POST, as far as that needs no session. The
 * `Content-Type` is not looked at: what is no JSON is refused anyway.
 *
 * @param revisionOf the revision of the session that the body is for; batches belong to one revision
 */
export async function readMessages(
	c: Context,
	revisionOf: () => string,
): Promise<Body> {
	let value: unknown;
	try {
		value = JSON.parse(await c.req.text());
	} catch (cause) {
		return refuse(
			ErrorCode.parseError,
			`The body is not JSON: ${(cause as Error).message}`,
		);
	}
	const batch = Array.isArray(value);
	if (batch && revisionOf() !== batchRevision) {
		return refuse(
			ErrorCode.invalidRequest,
			`Batches exist only in protocol revision ${batchRevision} and this session has ${revisionOf()} (send one message per request)`,
		);
	}
	const values: unknown[] = Array.isArray(value) ? value : [value];
	const messages: Message[] = [];
	for (const item of values) {
		const message = asMessage(item);
		if (!message) {
			return refuse(
				ErrorCode.invalidRequest,
				"The body is not a JSON-RPC 2.0 message (an object with a method, a result or an error)",
				idOf(item),
			);
		}
		messages.push(message);
	}
	return messages.length > 0
		? { messages, batch }
		: refuse(ErrorCode.invalidRequest, "The batch is empty");
}

function refuse(code: number, message: string, id: Id | null = null): Body {
	return { error: { code, message }, id };
}

function idOf(value: unknown): Id | null {
	return isMembers(value) && "method" in value && isId(value.id)
		? value.id
		: null;
}
