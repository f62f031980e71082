import { ErrorCode } from "../protocol/error-codes.ts";
import type { ErrorObject, Request } from "../protocol/messages.ts";
import type { ModernClient } from "../protocol/meta.ts";
import { stableJson } from "../protocol/stable-json.ts";
import type { Seal } from "../seal/seal.ts";

/** What a `requestState` names: a call, and how often that had been suspended. */
export interface SuspendedRound {
	call: string;
	round: number;
}

/** What `requestState` says, under seal: which call, and for whom and what it was made. */
interface Content extends SuspendedRound {
	/** Fingerprints of the principal, and of method and params. */
	who: string;
	what: string;
	/** In ms since 1970. */
	until: number;
}

/** Who brings or is given a `requestState`, and with which request. */
export interface Bearer {
	request: Request;
	client: ModernClient;
}

/**
 * The `requestState` for a round of a call: a sealed text, good for this client
 * and request (2026-07-28, basic/patterns/mrtr, 'Server Requirements').
 *
 * @param until when it expires, in ms since 1970
 */
export function sealRequestState(
	seal: Seal,
	bearer: Bearer,
	{ call, round }: SuspendedRound,
	until: number,
): string {
	return seal.seal({ call, round, ...fingerprints(seal, bearer), until });
}

/**
 * What a `requestState` names, or why it is not good.
 *
 * @param now in ms since 1970
 */
export function openRequestState(
	seal: Seal,
	bearer: Bearer,
	requestState: unknown,
	now: number,
): SuspendedRound | { error: ErrorObject } {
	const content =
		typeof requestState === "string"
			? (seal.open(requestState) as Content | undefined)
			: undefined;
	if (!content)
		return refuseState("INVALID", "was not made here, or was changed");
	const { who, what } = fingerprints(seal, bearer);
	if (content.who !== who) {
		return refuseState("OTHER_PRINCIPAL", "was given to somebody else");
	}
	if (content.what !== what) {
		return refuseState("OTHER_REQUEST", "was given for another request");
	}
	if (content.until <= now) return refuseState("EXPIRED", "has expired");
	return content;
}

/** The error for a `requestState` that is not good. */
export function refuseState(
	code: string,
	reason: string,
): { error: ErrorObject } {
	return {
		error: {
			code: ErrorCode.invalidParams,
			message: `"requestState" ${reason} (send the request again without it)`,
			data: { code: `REQUEST_STATE_${code}` },
		},
	};
}

function fingerprints(
	{ digest }: Seal,
	{ request: { method, params }, client: { principal } }: Bearer,
) {
	const { _meta, inputResponses, requestState, ...own } = params ?? {};
	return { who: digest(principal), what: digest(stableJson([method, own])) };
}
