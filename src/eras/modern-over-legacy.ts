import type { LegacyTranslator } from "../multiplex/legacy-dialect.ts";
import { noSuchMethod } from "../protocol/bridge-errors.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { type ErrorObject, errorOf, resultOf } from "../protocol/messages.ts";
import {
	isWanted,
	missingCapability,
	modernResponse,
	notAsked,
} from "./legacy-child.ts";
import { listenOverLegacy } from "./listen-over-legacy.ts";
import { discoverResult, isTaskMethod, legacyRequest } from "./to-modern.ts";

/**
 * A modern client on a legacy child that others may be on too, for one request:
 * the client's identity does not reach the child, and what the child says
 * without being able to name the request is passed on only where it is certain
 * (2026-07-28, changelog). Calls during which the client can be asked something
 * have a child to themselves: see `SuspendedCalls`.
 */
export const modernOverLegacy: LegacyTranslator = {
	answerAtOnce({ request: { id, method, params } }, opening) {
		if (method === "server/discover") {
			return resultOf(id, discoverResult(opening));
		}
		if (isTaskMethod(method)) return errorOf(id, noSuchMethod(method));
		return params?.requestState === undefined
			? undefined
			: errorOf(id, noStateHere);
	},
	begin(call, dialect) {
		const { connection, request } = call;
		const { logLevel } = connection.client;
		if (call.isSubscription) listenOverLegacy(call, dialect);
		else if (logLevel && dialect.settings.wantLevel(connection, logLevel)) {
			dialect.beginAfterOwn(call);
		} else dialect.send(call, legacyRequest(request));
	},
	answered(call, response, dialect) {
		const { serverInfo } = dialect.opening;
		const given = modernResponse(call.request, response, serverInfo);
		dialect.settle(call, given);
	},
	notification: ({ connection }, notification) =>
		isWanted(notification, connection.client) ? notification : undefined,
	asked(question, { client, onlyCall }, dialect) {
		const missing = missingCapability(question, client);
		if (missing && onlyCall) dialect.settleBeforeChild(onlyCall, missing);
		const error = notAsked(question.method);
		dialect.refuseQuestion(question, "question-nobody-can-answer", error);
	},
	// A modern client has nothing to tell: it closes the stream instead (basic/patterns/cancellation).
	tell: () => {},
};

const noStateHere: ErrorObject = {
	code: ErrorCode.invalidParams,
	message: `"requestState" was not given for such a request`,
	data: { code: "REQUEST_STATE_INVALID" },
};
