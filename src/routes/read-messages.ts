import type { Context } from "hono";
import { ErrorCode } from "../protocol/error-codes.ts";
import { parseJson } from "../protocol/json.ts";
import { messageProblem } from "../protocol/message-problem.ts";
import {
	asMessage,
	type Id,
	isId,
	isMembers,
	type Message,
} from "../protocol/messages.ts";
import { isNestedTooDeep, maxLevels } from "../protocol/nesting.ts";
import { lateBody } from "./guards/limit-body.ts";
import { httpError, type Refuse } from "./http-error.ts";
import { readText } from "./read-text.ts";
import type { ServerEnv } from "./route-context.ts";
import { withTimeout } from "./with-timeout.ts";

/** The messages of a POST body. */
export interface Body {
	messages: Message[];
	batch: boolean;
}

/** Batch arrays exist in this revision only (2025-06-18, changelog). */
const batchRevision = "2025-03-26";

/**
 * Reads and checks the body of a POST, as far as that needs no session; gives
 * the refusal where it cannot be used. The `Content-Type` is not looked at:
 * what is no JSON is refused anyway.
 *
 * @param timeoutMs how long the client gets to send it
 * @param revisionOf the revision of the session that the body is for; batches belong to one revision
 * @param refuseBy what is done about a body that is no message; of a batch nothing is taken, so the refusal names no id
 */
export async function readMessages(
	c: Context<ServerEnv>,
	timeoutMs: number,
	revisionOf: () => string,
	refuseBy: Refuse = httpError,
): Promise<Body | Response> {
	const refuse = (code: number, message: string, id: Id | null = null) =>
		refuseBy(c, 400, { code, message }, id);
	const read = await withTimeout(timeoutMs, readText(c)).catch(() => brokenOff);
	if (read === undefined) return lateBody(c, timeoutMs);
	if ("problem" in read) {
		return refuse(
			ErrorCode.parseError,
			`The body is not UTF-8: ${read.problem} (send JSON as UTF-8)`,
		);
	}
	const { text } = read;
	let value: unknown;
	try {
		value = parseJson(text);
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
				`${batch ? "A part of the batch" : "The body"} is not a JSON-RPC 2.0 message: ${messageProblem(item)}`,
				batch ? null : idOf(item),
			);
		}
		if (isNestedTooDeep(item, text)) {
			return refuse(
				ErrorCode.invalidRequest,
				`The message is nested deeper than ${maxLevels} levels (flatten it)`,
				batch ? null : idOf(item),
			);
		}
		messages.push(message);
	}
	return messages.length > 0
		? { messages, batch }
		: refuse(ErrorCode.invalidRequest, "The batch is empty");
}

/** As much as came of a body whose client has gone. */
const brokenOff = { text: "" };

function idOf(value: unknown): Id | null {
	return isMembers(value) && "method" in value && isId(value.id)
		? value.id
		: null;
}
