import { ErrorCode } from "../protocol/error-codes.ts";
import {
	type ErrorObject,
	isMembers,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import type { ModernClient } from "../protocol/meta.ts";
import { declares } from "./input.ts";

/**
 * Revision 2025-11-25 has an error by which a server sends the user to URLs
 * before the call can be made: these, as questions, or the error for a client
 * that cannot be asked so. Undefined for every other answer.
 */
export function urlsOf(
	answer: Response,
	{ capabilities }: ModernClient,
): Request[] | ErrorObject | undefined {
	if (!("error" in answer)) return undefined;
	const { code, message, data } = answer.error;
	if (code !== ErrorCode.urlElicitationRequired) return undefined;
	const requiredCapabilities = { elicitation: { url: {} } };
	if (!declares(capabilities, requiredCapabilities)) {
		const missing = ErrorCode.missingClientCapability;
		return { code: missing, message, data: { requiredCapabilities } };
	}
	const elicitations: unknown[] =
		isMembers(data) && Array.isArray(data.elicitations)
			? data.elicitations
			: [];
	const method = "elicitation/create";
	const urls = elicitations
		.filter(isMembers)
		.map((params): Request => ({ jsonrpc: "2.0", id: 0, method, params }));
	return urls.length > 0 ? urls : undefined;
}

/** The answer to a call whose user has not opened the URL. */
export const urlNotOpened: ErrorObject = {
	code: ErrorCode.internalError,
	message: "The user has not opened the URL that the server asked for",
	data: { code: "INPUT_REFUSED" },
};
