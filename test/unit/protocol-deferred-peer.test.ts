import { describe, expect, test } from "vitest";
import { deferredPeer } from "../../src/protocol/deferred-peer.ts";
import type {
	ErrorObject,
	Notification,
	Request,
} from "../../src/protocol/messages.ts";
import type { Peer } from "../../src/protocol/peer.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

/** A deferred peer whose choice the test makes. */
function open() {
	const choices: ((chosen: Peer | { error: ErrorObject }) => void)[] = [];
	const peer = deferredPeer((use) => choices.push(use));
	const ask = (id: number | string) => {
		const received = inbox();
		peer.ask({ jsonrpc: "2.0", id, method: "a" }, received);
		return received.messages;
	};
	return { choices, peer, ask };
}
const note = (method: string): Notification => ({ jsonrpc: "2.0", method });
const cancellation = (requestId: unknown): Notification => ({
	...note("notifications/cancelled"),
	params: { requestId },
});
const ids = (peer: ScriptedPeer) => peer.asked.map(({ request }) => request.id);
const failure = { code: -32603, message: "no child" };

test("is chosen with the first message, not before, and once", () => {
	const { choices, ask, peer } = open();
	expect(choices).toHaveLength(0);
	ask(1);
	ask(2);
	peer.tell(note("n"));
	expect(choices).toHaveLength(1);
});

describe("what waits for it", () => {
	test("reaches it in its order, then what comes later, and answers go to their askers", () => {
		const { choices, ask, peer } = open();
		const order: string[] = [];
		const chosen = new ScriptedPeer();
		const first = ask("one");
		peer.tell(note("told"));
		ask("two");
		choices[0]?.({
			...bound(chosen),
			ask(request: Request, receive) {
				order.push(String(request.id));
				chosen.ask(request, receive);
			},
			tell(message) {
				order.push("method" in message ? message.method : "response");
			},
		});
		ask("three");
		expect(order).toEqual(["one", "told", "two", "three"]);
		chosen.asked[0]?.result({ a: 1 });
		expect(first).toEqual([{ jsonrpc: "2.0", id: "one", result: { a: 1 } }]);
		expect(choices).toHaveLength(1);
	});

	test("is answered with the reason where there is none to be had, and the next request tries again", () => {
		const { choices, ask } = open();
		const first = ask("one");
		const second = ask(2);
		choices[0]?.({ error: failure });
		expect(first).toEqual([{ jsonrpc: "2.0", id: "one", error: failure }]);
		expect(second).toEqual([{ jsonrpc: "2.0", id: 2, error: failure }]);
		const third = ask(3);
		expect(choices).toHaveLength(2);
		const chosen = new ScriptedPeer();
		choices[1]?.(chosen);
		expect(ids(chosen)).toEqual([3]);
		expect(third).toEqual([]);
	});

	test("is answered once when it is cancelled, and never reaches it", () => {
		const { choices, ask, peer } = open();
		const first = ask(1);
		const other = ask("1");
		peer.tell(cancellation(1));
		expect(first).toMatchObject([{ id: 1, error: { code: -32800 } }]);
		const chosen = new ScriptedPeer();
		choices[0]?.(chosen);
		expect(ids(chosen)).toEqual(["1"]);
		expect(chosen.told).toEqual([]);
		expect(first).toHaveLength(1);
		expect(other).toEqual([]);
	});

	test("is answered when the client goes, and what is chosen after that is closed unused", () => {
		const { choices, ask, peer } = open();
		const first = ask(1);
		peer.close();
		expect(first).toMatchObject([{ id: 1, error: { code: -32001 } }]);
		const chosen = new ScriptedPeer();
		choices[0]?.(chosen);
		expect(chosen.closed).toBe(true);
		expect(chosen.asked).toEqual([]);
		expect(first).toHaveLength(1);
	});
});

test("once chosen it is the other: what that says is heard by the latest listener, cancellations and the end reach it", () => {
	const { choices, ask, peer } = open();
	const before = inbox();
	const after = inbox();
	peer.listen(before);
	ask(1);
	const chosen = new ScriptedPeer();
	choices[0]?.(chosen);
	chosen.say(note("one"));
	peer.listen(after);
	chosen.say(note("two"));
	expect(before.messages).toEqual([note("one")]);
	expect(after.messages).toEqual([note("two")]);
	peer.tell(cancellation(1));
	expect(chosen.told).toEqual([cancellation(1)]);
	peer.close();
	expect(chosen.closed).toBe(true);
});

function bound(peer: ScriptedPeer): Peer {
	return {
		ask: (request, receive) => peer.ask(request, receive),
		tell: (message) => peer.tell(message),
		listen: (receive) => peer.listen(receive),
		close: () => peer.close(),
	};
}
