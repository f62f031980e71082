import { ErrorCode } from "../protocol/error-codes.ts";
import {
	type ErrorObject,
	isMembers,
	type Members,
	type Request,
} from "../protocol/messages.ts";
import { metaKey, withMeta, withoutProtocolMeta } from "../protocol/meta.ts";
import { methods } from "../protocol/methods.ts";
import { servedRevisions } from "../protocol/revisions.ts";

// What passes between a modern client and a legacy server, one function for
// each kind of message. Read beside 2026-07-28, changelog.

/** Nothing is known of how long a legacy server's result holds and for whom, so no client may keep it. */
const unknownFreshness = { ttlMs: 0, cacheScope: "private" };

/** True for a method that a legacy server may have, and means something else by: tasks are an extension now. */
export function isTaskMethod(method: string): boolean {
	return methods.get(method)?.extension !== undefined;
}

/** A modern request as a legacy server has to see it: `progressToken`, trace context and the client's own keys stay. */
export function legacyRequest(request: Request): Request {
	if (!request.params) return request;
	const { inputResponses, requestState, ...params } = withoutProtocolMeta(
		request.params,
	);
	return { ...request, params };
}

/** The result of `server/discover` from a legacy server's result of `initialize`. */
export function discoverResult(initialized: Members): Members {
	const { capabilities, instructions, serverInfo, _meta } = initialized;
	const { tasks, ...kept } = isMembers(capabilities) ? capabilities : {};
	return modernResult(
		"server/discover",
		{
			supportedVersions: servedRevisions,
			// Tasks are an extension with methods of its own now.
			capabilities: kept,
			...(instructions === undefined ? {} : { instructions }),
			...(isMembers(_meta) ? { _meta } : {}),
		},
		serverInfo,
	);
}

/** A legacy server's result for a modern client. */
export function modernResult(
	method: string,
	result: Members,
	serverInfo: unknown,
): Members {
	const whole = {
		...result,
		resultType: "complete",
		...(methods.get(method)?.isCacheable ? unknownFreshness : {}),
	};
	return isMembers(serverInfo)
		? withMeta(whole, metaKey.serverInfo, serverInfo)
		: whole;
}

/** A legacy server's error for a modern client (basic/index, 'Error Codes'). */
export function modernError(
	error: ErrorObject,
	params: Members | undefined,
): ErrorObject {
	if (error.code === ErrorCode.resourceNotFound) {
		const data = isMembers(error.data) ? error.data : {};
		const uri = data.uri ?? params?.uri;
		return { ...error, code: ErrorCode.invalidParams, data: { ...data, uri } };
	}
	if (error.code === ErrorCode.urlElicitationRequired) {
		// What it wants to have opened can be asked of who declares so.
		const requiredCapabilities = { elicitation: { url: {} } };
		const code = ErrorCode.missingClientCapability;
		return { code, message: error.message, data: { requiredCapabilities } };
	}
	return isForeignCode(error.code)
		? { ...error, code: ErrorCode.internalError }
		: error;
}

/** Codes of the range that the specification keeps for itself, other than those it has defined. */
function isForeignCode(code: number): boolean {
	const defined: number[] = [
		ErrorCode.headerMismatch,
		ErrorCode.missingClientCapability,
		ErrorCode.unsupportedProtocolVersion,
	];
	return code <= -32000 && code >= -32099 && !defined.includes(code);
}
