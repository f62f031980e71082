import { isSubscription } from "./modern-methods.ts";
import type { Peer } from "./peer.ts";

/** How many requests are not answered yet. */
export interface Unanswered {
	count: number;
	/** When the last one came, in ms since 1970. */
	lastAt?: number;
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
			unanswered.lastAt = Date.now();
			let isCounted = true;
			// Once: an answer that cannot be passed on is followed by another one.
			const settle = () => {
				if (isCounted) unanswered.count--;
				isCounted = false;
			};
			try {
				peer.ask(request, (message) => {
					if (!("method" in message)) settle();
					receive(message);
				});
			} catch (error) {
				settle();
				throw error;
			}
		},
	};
}
