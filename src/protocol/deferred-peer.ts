import { cancelledError, endedError } from "./given-errors.ts";
import {
	type ErrorObject,
	errorOf,
	isSameId,
	type Notification,
	type Request,
	type Response,
} from "./messages.ts";
import type { Peer, Receive } from "./peer.ts";

/** What waits for the peer. */
type Waiting =
	| { request: Request; receive: Receive }
	| { message: Notification | Response };

/**
 * A peer that is chosen only when it is needed, and not at once: what is asked
 * and told waits in order until it is there. Where none can be had, what waits
 * is answered with the error, and the next request tries again.
 *
 * @param choose calls back once with the peer, or why there is none
 */
export function deferredPeer(
	choose: (use: (chosen: Peer | { error: ErrorObject }) => void) => void,
): Peer {
	let peer: Peer | undefined;
	let waiting: Waiting[] = [];
	let choosing = false;
	let closed = false;
	let listener: Receive = () => {};

	const fail = (error: ErrorObject) => {
		for (const each of waiting.splice(0)) {
			if ("request" in each) each.receive(errorOf(each.request.id, error));
		}
	};
	const use = (chosen: Peer | { error: ErrorObject }) => {
		choosing = false;
		if ("error" in chosen) {
			fail(chosen.error);
			return;
		}
		if (closed) {
			chosen.close();
			return;
		}
		peer = chosen;
		peer.listen((message) => listener(message));
		for (const each of waiting.splice(0)) {
			if ("request" in each) peer.ask(each.request, each.receive);
			else peer.tell(each.message);
		}
	};
	const wait = (each: Waiting) => {
		waiting.push(each);
		if (choosing) return;
		choosing = true;
		choose(use);
	};

	return {
		ask(request, receive) {
			if (peer) peer.ask(request, receive);
			else wait({ request, receive });
		},
		tell(message) {
			if (peer) {
				peer.tell(message);
				return;
			}
			const cancelled = waiting.find(
				(each) => "request" in each && isCancellation(message, each.request),
			);
			if (!cancelled || !("request" in cancelled)) {
				wait({ message });
				return;
			}
			waiting = waiting.filter((each) => each !== cancelled);
			cancelled.receive(errorOf(cancelled.request.id, cancelledError));
		},
		listen(receive) {
			listener = receive;
		},
		close() {
			closed = true;
			peer?.close();
			fail(endedError);
		},
	};
}

function isCancellation(
	message: Notification | Response,
	{ id }: Request,
): boolean {
	return (
		"method" in message &&
		message.method === "notifications/cancelled" &&
		isSameId(message.params?.requestId, id)
	);
}
