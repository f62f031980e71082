import { cancellation } from "../given-errors.ts";
import type { Id } from "../messages.ts";
import type { Peer, Receive } from "../peer.ts";

/** How long a child may take to answer a ping, in ms, before nobody waits for that any more. */
const pingTimeoutMs = 1000;

/**
 * Calls back once, when a legacy child has read all that was written to it so
 * far: it answers a ping that was written behind that.
 *
 * @param hear takes what the child says meanwhile, which may come with the ping
 */
export function whenRead(
	peer: Peer,
	id: Id,
	hear: Receive,
	then: () => void,
): void {
	let isDone = false;
	const finish = () => {
		if (isDone) return;
		isDone = true;
		clearTimeout(timer);
		then();
	};
	const timer = setTimeout(() => {
		// The ping counts as work that the child has, and some never answer one.
		peer.tell(cancellation(id, "No answer to the ping"));
		finish();
	}, pingTimeoutMs);
	peer.ask({ jsonrpc: "2.0", id, method: "ping" }, (message) => {
		if ("method" in message) hear(message);
		else finish();
	});
}
