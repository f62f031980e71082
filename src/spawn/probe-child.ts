import type { Client } from "../protocol/client.ts";
import type { Message, Request } from "../protocol/messages.ts";
import { modernMeta } from "../protocol/meta.ts";
import type { Era } from "../protocol/revisions.ts";
import type { Exit, Wire } from "../protocol/wire.ts";

/** A child that takes longer is used without: it may have much to do after its start. */
const longestMs = 1000;

/** The opening's was 0, and the ledger's begin at 1. */
const probeId = -1;

/**
 * Asks a child that has just been opened for a sign of life, so that one that
 * dies of its start is told from one that dies of what it is asked next. What
 * else it says meanwhile reaches the wire's own events after `settle`.
 *
 * @param settle called once: whether it has answered, or how it ended
 */
export function probeChild(
	wire: Wire,
	era: Era,
	client: Client,
	settle: (outcome: { isAlive: boolean } | { failure: Exit }) => void,
): void {
	const { events } = wire;
	const meanwhile: Message[] = [];
	let settled = false;
	const finish: typeof settle = (outcome) => {
		if (settled) return;
		settled = true;
		clearTimeout(timer);
		if ("failure" in outcome) {
			settle(outcome);
			return;
		}
		wire.events = events;
		settle(outcome);
		for (const message of meanwhile) events.message(message);
	};
	const timer = setTimeout(() => finish({ isAlive: false }), longestMs);
	wire.events = {
		...events,
		message(message) {
			const isAnswer =
				!("method" in message) && String(message.id) === String(probeId);
			if (isAnswer) finish({ isAlive: true });
			else meanwhile.push(message);
		},
	};
	void wire.closed.then((failure) => finish({ failure }));
	wire.write(probeOf(era, client));
}

/** A legacy child has to answer `ping`; a modern one, which knows none, answers again what it was asked first. */
function probeOf(era: Era, client: Client): Request {
	const request = { jsonrpc: "2.0", id: probeId } as const;
	if (era === "legacy") return { ...request, method: "ping" };
	const params = { _meta: modernMeta(undefined, client) };
	return { ...request, method: "server/discover", params };
}
