import type { Translator } from "../multiplex/dialect.ts";
import type { ModernDialect } from "../multiplex/modern-dialect.ts";
import { type Response, resultOf } from "../protocol/messages.ts";
import { metaKey, withMeta } from "../protocol/meta.ts";
import { withParams } from "./input.ts";

/** A modern client on a modern child: all passes as it is, but that the child's questions get the `params` that some clients fail without. */
export const modernOverModern: Translator<ModernDialect> = {
	answerAtOnce: ({ request: { id, method } }, opening) =>
		method === "server/discover" ? resultOf(id, opening) : undefined,
	begin: (call, dialect) => dialect.send(call, call.request),
	answered(call, response, dialect) {
		const { id } = call.request;
		dialect.settle(call, completed(response, call.isSubscription && id));
	},
	notification: (_call, notification) => notification,
	// A modern client has nothing to tell: it closes the stream instead (basic/patterns/cancellation).
	tell: () => {},
};

/** @param subscription the client's id for it, where the answer ends one */
function completed(
	response: Response,
	subscription: false | Response["id"],
): Response {
	if (!("result" in response)) return response;
	const { result } = response;
	if (subscription !== false) {
		const key = metaKey.subscriptionId;
		return { ...response, result: withMeta(result, key, subscription) };
	}
	return result.resultType === "input_required"
		? { ...response, result: withParams(result) }
		: response;
}
