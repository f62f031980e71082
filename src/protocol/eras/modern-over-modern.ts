import { type ErrorObject, isMembers, type Message } from "../messages.ts";
import type { Peer } from "../peer.ts";
import { withParams } from "./input.ts";
import { modernError } from "./to-modern.ts";

/**
 * A modern client's peer on a modern child. All passes as it is; only the
 * bridge's own errors get a code that the revision does not keep for itself,
 * and the child's questions the `params` that some clients fail without.
 *
 * @param server whose errors these are
 */
export function modernOverModern(peer: Peer, server: string): Peer {
	return {
		...peer,
		ask: (request, receive) =>
			peer.ask(request, (message) => receive(completed(message, server))),
	};
}

function completed(message: Message, server: string): Message {
	if ("error" in message) {
		return isOwnError(message.error, server)
			? { ...message, error: modernError(message.error, undefined) }
			: message;
	}
	if (!("result" in message) || !isMembers(message.result)) return message;
	return message.result.resultType === "input_required"
		? { ...message, result: withParams(message.result) }
		: message;
}

/** Those that say in `data` whose they are. */
function isOwnError({ data }: ErrorObject, server: string): boolean {
	return isMembers(data) && data.server === server && "code" in data;
}
