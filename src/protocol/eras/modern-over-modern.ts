import { type ErrorObject, isMembers } from "../messages.ts";
import type { Peer } from "../peer.ts";
import { modernError } from "./to-modern.ts";

/**
 * A modern client's peer on a modern child. All passes as it is; only the
 * bridge's own errors get a code that the revision does not keep for itself.
 *
 * @param server whose errors these are
 */
export function modernOverModern(peer: Peer, server: string): Peer {
	return {
		...peer,
		ask: (request, receive) =>
			peer.ask(request, (message) => {
				const isOwn = "error" in message && isOwnError(message.error, server);
				receive(
					isOwn
						? { ...message, error: modernError(message.error, undefined) }
						: message,
				);
			}),
	};
}

/** Those that say in `data` whose they are. */
function isOwnError({ data }: ErrorObject, server: string): boolean {
	return isMembers(data) && data.server === server && "code" in data;
}
