import { isSubscription } from "./modern-methods.ts";
import type { Peer } from "./peer.ts";

/** How many requests are not answered yet. */
export interface Unanswered {
	count: number;
}

/** A peer whose unanswered requests are counted. Subscriptions are not: nobody waits for their answer. */
export function countedPeer(peer: Peer, unanswered: Unanswered): Peer {
	return {
		...peer,
		ask(request, receive) {
			if (isSubscription(request)) {
				peer.ask(request, receive);
				return;
			}
			unanswered.count++;
			peer.ask(request, (message) => {
				if (!("method" in message)) unanswered.count--;
				receive(message);
			});
		},
	};
}
