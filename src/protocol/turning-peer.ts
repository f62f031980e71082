import type { Members } from "./messages.ts";
import type { Peer, Receive } from "./peer.ts";
import type { LinkOptions } from "./recipients.ts";

/**
 * A legacy client's peer on a child of which it is not known yet what it
 * speaks. It is taken for legacy; where the one that comes is modern, all goes
 * on with the peer that `translate` gives, and nothing that waited, or that the
 * client had set up, is lost.
 *
 * @param connect the peer on a legacy child
 * @param translate the peer on a modern child
 */
export function turningPeer(
	connect: (options: LinkOptions) => Peer,
	translate: () => Peer,
): Peer {
	let listener: Receive = () => {};
	let lastId = 0;
	/** Asks what the client has asked of a legacy child, and knows the answer to. */
	const setUp = (method: string, params: Members) => {
		const id = `again-${++lastId}`;
		peer.ask({ jsonrpc: "2.0", id, method, params }, () => {});
	};
	let peer = connect({
		turned(waiting, { level, uris }) {
			const legacy = peer;
			peer = translate();
			peer.listen((message) => listener(message));
			if (level !== undefined) setUp("logging/setLevel", { level });
			for (const uri of uris) setUp("resources/subscribe", { uri });
			for (const each of waiting) {
				if ("request" in each) peer.ask(each.request, each.receive);
				else peer.tell(each.notification);
			}
			legacy.close();
		},
	});
	peer.listen((message) => listener(message));
	return {
		ask: (request, receive) => peer.ask(request, receive),
		tell: (message) => peer.tell(message),
		listen(receive) {
			listener = receive;
		},
		close: () => peer.close(),
	};
}
