import {
	type Filters,
	filterAnswer,
	filterSubscription,
	isFiltered,
	isUpdateDenied,
	refuseFiltered,
} from "./filters.ts";
import { errorOf, type Request } from "./messages.ts";
import type { Peer, Receive } from "./peer.ts";
import type { Era } from "./revisions.ts";

/** What a filtered peer works with. */
export interface FilteredPeerOptions {
	/** The client's. */
	era: Era;
	/** As they are now: they may change while the client is connected. */
	filters(): Filters | undefined;
	/** A message went no further: its kind. */
	dropped(kind: string): void;
}

/** A peer of which the client sees and uses no more than the filters admit: the rest is as if the server did not have it. */
export function filteredPeer(
	peer: Peer,
	{ era, filters, dropped }: FilteredPeerOptions,
): Peer {
	/** Takes what comes back for a request, or without one. */
	const filtered =
		(receive: Receive, request?: Request): Receive =>
		(message) => {
			const current = filters();
			if (!current) receive(message);
			else if (!("method" in message)) {
				receive(
					request ? filterAnswer(request, message, current, era) : message,
				);
			} else if (!("id" in message) && isUpdateDenied(message, current)) {
				dropped("update-of-denied-resource");
			} else receive(message);
		};

	return {
		...peer,
		ask(request, receive) {
			const current = filters();
			const refusal = current && refuseFiltered(request, current, era);
			if (refusal) {
				dropped(refusal.kind);
				receive(errorOf(request.id, refusal.error));
				return;
			}
			const admitted = current ? filterSubscription(request, current) : request;
			if (admitted !== request) dropped("subscription-to-denied-resource");
			peer.ask(
				admitted,
				// Also where nothing is filtered now: that may be otherwise when it comes back.
				isFiltered(request) ? filtered(receive, request) : receive,
			);
		},
		listen: (receive) => peer.listen(filtered(receive)),
	};
}
