import { expect, test } from "vitest";
import type { Settings } from "../../src/protocol/audience.ts";
import { legacyOverModern } from "../../src/protocol/eras/legacy-over-modern.ts";
import { metaKey } from "../../src/protocol/eras/meta.ts";
import type { Members, Notification } from "../../src/protocol/messages.ts";
import { Multiplexer } from "../../src/protocol/multiplexer.ts";
import type { Link, LinkOptions } from "../../src/protocol/recipients.ts";
import { turningPeer } from "../../src/protocol/turning-peer.ts";
import type { Waiting } from "../../src/protocol/waiting-line.ts";
import { gone, start } from "../harness/multiplexer-set-up.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

/** A turning peer on two peers that the test plays. */
function open() {
	const legacy = new ScriptedPeer();
	const modern = new ScriptedPeer();
	let link: LinkOptions = {};
	let translated = 0;
	const peer = turningPeer(
		(options) => {
			link = options;
			return legacy;
		},
		() => {
			translated++;
			return modern;
		},
	);
	return {
		legacy,
		modern,
		peer,
		translated: () => translated,
		turn: (
			waiting: Waiting<Link>[] = [],
			settings: Settings = { level: undefined, uris: [] },
		) => link.turned?.(waiting, settings),
	};
}
const note = (method: string): Notification => ({ jsonrpc: "2.0", method });
const request = (id: number) => ({ jsonrpc: "2.0" as const, id, method: "a" });

test("a legacy child is spoken to as it is, and nothing is translated", () => {
	const { legacy, peer, translated } = open();
	const heard = inbox();
	const received = inbox();
	peer.listen(heard);
	peer.ask(request(1), received);
	peer.tell(note("told"));
	legacy.say(note("said"));
	legacy.asked[0]?.result({});
	expect(received.messages).toEqual([{ jsonrpc: "2.0", id: 1, result: {} }]);
	expect(heard.messages).toEqual([note("said")]);
	expect(legacy.told).toEqual([note("told")]);
	peer.close();
	expect(legacy.closed).toBe(true);
	expect(translated()).toBe(0);
});

test("with a modern child all goes on by the translation: what waited, in its order, and what comes later", () => {
	const { legacy, modern, peer, turn } = open();
	const heard = inbox();
	peer.listen(heard);
	const waited = inbox();
	const owner = {} as Link;
	turn([
		{ owner, request: request(1), receive: waited },
		{ owner, notification: note("waited") },
	]);
	expect(legacy.closed).toBe(true);
	const later = inbox();
	peer.ask(request(2), later);
	peer.tell(note("later"));
	expect(modern.asked.map((each) => each.request.id)).toEqual([1, 2]);
	expect(modern.told).toEqual([note("waited"), note("later")]);
	expect(legacy.asked).toEqual([]);
	modern.asked[0]?.result({ a: 1 });
	expect(waited.messages).toEqual([
		{ jsonrpc: "2.0", id: 1, result: { a: 1 } },
	]);
	modern.say(note("said"));
	expect(heard.messages).toEqual([note("said")]);
	peer.close();
	expect(modern.closed).toBe(true);
});

test("a listener that comes after the turn hears the translation", () => {
	const { modern, peer, turn } = open();
	const heard = inbox();
	turn();
	peer.listen(heard);
	modern.say(note("said"));
	expect(heard.messages).toEqual([note("said")]);
});

test("on a multiplexer, what waited for a legacy child reaches the modern one that came, and nothing is lost or doubled", () => {
	const written: unknown[] = [];
	const multiplexer = new Multiplexer({
		server: "fake",
		shared: true,
		remembers: true,
		listed: (_method, page) => page,
		refuses: () => undefined,
		concurrency: () => Number.POSITIVE_INFINITY,
		asked() {},
		served() {},
		need() {},
		quiet() {},
		failed() {},
		dropped() {},
		changed() {},
		queue: () => ({ maxQueue: 100, maxQueueBytes: 100_000 }),
		timeLimits: () => ({ requestTimeoutMs: 0, maxRequestTimeoutMs: 0 }),
		limitReached() {},
		retried() {},
	});
	const peer = turningPeer(
		(options) => multiplexer.connect(options),
		() => multiplexer.connect(),
	);
	const received = inbox();
	peer.ask(request(7), received);
	multiplexer.up({
		era: "modern",
		result: {},
		write(message) {
			written.push(message);
			return true;
		},
		isBehind: () => false,
	});
	expect(written).toHaveLength(1);
	const [sent] = written as { id: number }[];
	multiplexer.receive({ jsonrpc: "2.0", id: sent?.id ?? 0, result: { a: 1 } });
	expect(received.messages).toEqual([
		{ jsonrpc: "2.0", id: 7, result: { a: 1 } },
	]);
	expect(multiplexer.load).toEqual({ clients: 1, inFlight: 0, waiting: 0 });
});

test("what the client had set up on the legacy child is set up on the modern one, in its own way", () => {
	const bench = start();
	const peer = turningPeer(
		(options) => bench.multiplexer.connect(options),
		() =>
			legacyOverModern(
				bench.multiplexer.connect(),
				{ capabilities: {} },
				() => {},
			),
	);
	const ask = (id: number, method: string, params: Members) =>
		peer.ask({ jsonrpc: "2.0", id, method, params }, () => {});
	ask(1, "resources/subscribe", { uri: "x:1" });
	bench.reply(0);
	ask(2, "logging/setLevel", { level: "error" });
	bench.reply(1);
	bench.multiplexer.down(gone);
	const capabilities = { resources: { subscribe: true }, logging: {} };
	bench.up({ era: "modern", result: { capabilities } });
	ask(3, "tools/call", { name: "a" });
	expect(bench.sent()).toMatchObject([
		{
			method: "subscriptions/listen",
			params: { notifications: { resourceSubscriptions: ["x:1"] } },
		},
		{
			method: "tools/call",
			params: { _meta: { [metaKey.logLevel]: "error" } },
		},
	]);
});
