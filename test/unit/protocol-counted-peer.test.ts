import { expect, test } from "vitest";
import { countedPeer } from "../../src/protocol/counted-peer.ts";
import type { Notification } from "../../src/protocol/messages.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

/** A counted peer, and the one behind it. */
function open() {
	const behind = new ScriptedPeer();
	const unanswered = { count: 0 };
	const peer = countedPeer(
		{
			ask: (request, receive) => behind.ask(request, receive),
			tell: (message) => behind.tell(message),
			listen: (receive) => behind.listen(receive),
			close: () => behind.close(),
		},
		unanswered,
	);
	const ask = (id: number, method = "tools/call") => {
		const received = inbox();
		peer.ask({ jsonrpc: "2.0", id, method }, received);
		return received.messages;
	};
	return { behind, unanswered, peer, ask };
}

test("a request counts until it is answered, with a result or an error", () => {
	const { behind, unanswered, ask } = open();
	ask(1);
	ask(2);
	expect(unanswered.count).toBe(2);
	behind.asked[1]?.result();
	expect(unanswered.count).toBe(1);
	behind.asked[0]?.error(-32000);
	expect(unanswered.count).toBe(0);
});

test("what comes with a request passes, and answers nothing", () => {
	const { behind, unanswered, ask } = open();
	const messages = ask(1);
	const progress: Notification = {
		jsonrpc: "2.0",
		method: "notifications/progress",
		params: { progressToken: 1, progress: 1 },
	};
	const question = { jsonrpc: "2.0", id: 7, method: "roots/list" } as const;
	behind.asked[0]?.say(progress);
	behind.asked[0]?.say(question);
	expect(unanswered.count).toBe(1);
	behind.asked[0]?.result({ a: 1 });
	expect(messages).toEqual([
		progress,
		question,
		{ jsonrpc: "2.0", id: 1, result: { a: 1 } },
	]);
});

test("a request no longer counts when its asker gets the answer, so that the next one finds room", () => {
	const { behind, unanswered, peer } = open();
	let counted: number | undefined;
	peer.ask({ jsonrpc: "2.0", id: 1, method: "a" }, () => {
		counted = unanswered.count;
	});
	behind.asked[0]?.result();
	expect(counted).toBe(0);
});

test("a request counts once, also where its answer cannot be passed on and another follows, or asking it fails", () => {
	const unanswered = { count: 0 };
	const child = new ScriptedPeer();
	const peer = countedPeer(child, unanswered);
	peer.ask({ jsonrpc: "2.0", id: 1, method: "a" }, () => {
		throw new Error("not passed on");
	});
	for (let times = 0; times < 2; times++) {
		expect(() => child.asked[0]?.result()).toThrow("not passed on");
	}
	expect(unanswered.count).toBe(0);
	child.ask = () => {
		throw new Error("failed");
	};
	const ask = () => peer.ask({ jsonrpc: "2.0", id: 2, method: "a" }, () => {});
	expect(ask).toThrow("failed");
	expect(unanswered.count).toBe(0);
});

test("a subscription does not count, neither open nor ended", () => {
	const { behind, unanswered, ask } = open();
	const messages = ask(1, "subscriptions/listen");
	expect(unanswered.count).toBe(0);
	behind.asked[0]?.result({ done: true });
	expect(unanswered.count).toBe(0);
	expect(messages).toMatchObject([{ id: 1, result: { done: true } }]);
});

test("several peers count in one place", () => {
	const behind = new ScriptedPeer();
	const unanswered = { count: 0 };
	for (const id of [1, 2]) {
		const peer = countedPeer(
			{
				ask: (request, receive) => behind.ask(request, receive),
				tell() {},
				listen() {},
				close() {},
			},
			unanswered,
		);
		peer.ask({ jsonrpc: "2.0", id, method: "a" }, () => {});
	}
	expect(unanswered.count).toBe(2);
});

test("all else is the other peer's own", () => {
	const { behind, peer } = open();
	const heard = inbox();
	const note: Notification = { jsonrpc: "2.0", method: "notifications/x" };
	peer.listen(heard);
	behind.say(note);
	peer.tell(note);
	peer.close();
	expect(heard.messages).toEqual([note]);
	expect(behind.told).toEqual([note]);
	expect(behind.closed).toBe(true);
});
