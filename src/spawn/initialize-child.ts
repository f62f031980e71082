import { ErrorCode } from "../protocol/error-codes.ts";
import type { Response } from "../protocol/messages.ts";
import { latestLegacyRevision, modernRevision } from "../protocol/revisions.ts";
import { type OpenChild, openByRequest } from "./open-child.ts";

/**
 * The bridge's own handshake with a child: `initialize` in the latest legacy
 * revision → its answer → `notifications/initialized` (2025-11-25, lifecycle).
 */
export const initializeChild: OpenChild = (wire, client, timeoutMs, settle) => {
	const params = {
		protocolVersion: latestLegacyRevision,
		capabilities: client.capabilities,
		clientInfo: client.info,
	};
	openByRequest(wire, "initialize", params, timeoutMs, (opening) => {
		if ("result" in opening) {
			wire.write({ jsonrpc: "2.0", method: "notifications/initialized" });
			settle({ era: "legacy", result: opening.result });
		} else if ("refusal" in opening && isModernRefusal(opening.refusal)) {
			const { failure } = opening;
			settle({
				failure: {
					...failure,
					code: "REVISION_NOT_SERVED",
					reason: `speaks only protocol revisions without a handshake (set "protocol" to "auto" or "modern"): ${failure.reason}`,
				},
			});
		} else settle({ failure: opening.failure });
	});
};

/** Tells a child that speaks only modern revisions from one that just refuses (2026-07-28, basic/versioning, 'Backward Compatibility'). */
function isModernRefusal(refusal: Response): boolean {
	if (!("error" in refusal)) return false;
	const { code, data } = refusal.error;
	return (
		code === ErrorCode.unsupportedProtocolVersion ||
		JSON.stringify(data ?? "").includes(modernRevision)
	);
}
