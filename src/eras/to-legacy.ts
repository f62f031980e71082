import { ErrorCode } from "../protocol/error-codes.ts";
import { printJson } from "../protocol/json.ts";
import {
	type ErrorObject,
	isMembers,
	type Members,
	type Request,
} from "../protocol/messages.ts";
import {
	type Envelope,
	metaKey,
	metaOf,
	modernMeta,
	withoutProtocolMeta,
} from "../protocol/meta.ts";
import { latestLegacyRevision } from "../protocol/revisions.ts";

// What passes between a legacy client and a modern server, one function for
// each kind of message. Read beside 2026-07-28, changelog.

/** A legacy request as a modern server has to see it: whose it is travels with it. */
export function modernRequest(request: Request, envelope: Envelope): Request {
	const _meta = modernMeta(request.params?._meta, envelope);
	return { ...request, params: { ...request.params, _meta } };
}

/** The result of `initialize` from a modern server's result of `server/discover`. */
export function initializeResult(discovered: Members): Members {
	const { capabilities, instructions, _meta } = withoutProtocolMeta(discovered);
	return {
		protocolVersion: latestLegacyRevision,
		capabilities: isMembers(capabilities) ? capabilities : {},
		// Required here, and only recommended there.
		serverInfo: metaOf(discovered)?.[metaKey.serverInfo] ?? anonymousServer,
		...(instructions === undefined ? {} : { instructions }),
		...(_meta === undefined ? {} : { _meta }),
	};
}

const anonymousServer = { name: "unknown", version: "unknown" };

/** A modern server's result for a legacy client, without the members that only the modern revision has. */
export function legacyResult(method: string, result: Members): Members {
	const { resultType, ttlMs, cacheScope, ...rest } =
		withoutProtocolMeta(result);
	switch (method) {
		case "tools/list":
			return Array.isArray(rest.tools)
				? { ...rest, tools: rest.tools.map(legacyTool) }
				: rest;
		case "tools/call":
			return legacyCallResult(rest);
		default:
			return rest;
	}
}

/** Structured content is an object in the legacy revisions; any other value goes as text. */
function legacyCallResult(result: Members): Members {
	const { structuredContent, ...rest } = result;
	if (structuredContent === undefined || isMembers(structuredContent)) {
		return result;
	}
	const content: unknown[] = Array.isArray(rest.content) ? rest.content : [];
	const hasText = content.some(
		(block) => isMembers(block) && block.type === "text",
	);
	const text = printJson(structuredContent);
	return hasText
		? rest
		: { ...rest, content: [...content, { type: "text", text }] };
}

/** An output schema of anything but an object would be refused, and the whole list with it. */
function legacyTool(tool: unknown): unknown {
	if (!isMembers(tool) || !isMembers(tool.outputSchema)) return tool;
	if (tool.outputSchema.type === "object") return tool;
	const { outputSchema, ...rest } = tool;
	return rest;
}

/** A modern server's error for a legacy client: what the legacy revisions have a code of their own for gets it. */
export function legacyError(error: ErrorObject, method: string): ErrorObject {
	const isUnknownResource =
		method === "resources/read" &&
		error.code === ErrorCode.invalidParams &&
		isMembers(error.data) &&
		"uri" in error.data;
	return isUnknownResource
		? { ...error, code: ErrorCode.resourceNotFound }
		: error;
}
