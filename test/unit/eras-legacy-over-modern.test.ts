import { describe, expect, test } from "vitest";
import type { Id, Members, Message } from "../../src/protocol/messages.ts";
import { type Envelope, metaKey, metaOf } from "../../src/protocol/meta.ts";
import { modernMetaOf } from "../harness/modern-message.ts";
import { acknowledge, sayOf, Translated } from "../harness/translated.ts";

const capabilities = { elicitation: {}, sampling: {}, roots: {} };
const info = { name: "client", version: "1" };

/** A legacy client on a modern child. */
function open(envelope: Envelope = { capabilities, info }) {
	const translated = new Translated({
		...{ client: "legacy", child: "modern", envelope },
	});
	const ask = translated.ask.bind(translated);
	return { translated, ask };
}

describe("a request", () => {
	test("says whose it is, and asks for log messages from info on until the client sets a level", () => {
		const { translated, ask } = open();
		ask("tools/list", { cursor: "c" }, "x");
		expect(translated.latest("tools/list").request).toEqual({
			jsonrpc: "2.0",
			id: expect.any(Number),
			method: "tools/list",
			params: {
				cursor: "c",
				_meta: modernMetaOf({
					[metaKey.clientCapabilities]: capabilities,
					[metaKey.clientInfo]: info,
					[metaKey.logLevel]: "info",
				}),
			},
		});
	});

	test("after logging/setLevel asks for messages of that level, also where it is an earlier one's next round", () => {
		const { translated, ask } = open();
		ask("tools/call", { name: "a" });
		expect(ask("logging/setLevel", { level: "error" }, 2)).toEqual([
			{ jsonrpc: "2.0", id: 2, result: {} },
		]);
		const [first] = translated.asked;
		first?.result({ resultType: "input_required", requestState: "s" });
		ask("tools/call", { name: "b" }, 3);
		const levels = translated
			.all("tools/call")
			.map(({ request }) => metaOf(request.params)?.[metaKey.logLevel]);
		expect(levels).toEqual(["info", "error", "error"]);
	});

	test("logging/setLevel with a level that there is not is refused, and nothing reaches the server", () => {
		const { translated, ask } = open();
		for (const params of [{ level: "loud" }, {}, undefined]) {
			expect(ask("logging/setLevel", params)).toMatchObject([
				{ id: 1, error: { code: -32602 } },
			]);
		}
		expect(translated.asked).toEqual([]);
	});

	test("gets its notifications, then its answer without modern members", () => {
		const { translated, ask } = open();
		const _meta = { progressToken: "t" };
		const received = ask("tools/call", { name: "a", _meta });
		const progress = (progressToken: Id): Message => ({
			jsonrpc: "2.0",
			method: "notifications/progress",
			params: { progressToken, progress: 1 },
		});
		const call = translated.latest("tools/call");
		call.say(progress(call.request.id));
		call.result({ resultType: "complete", content: [] });
		expect(received).toEqual([
			progress("t"),
			{ jsonrpc: "2.0", id: 1, result: { content: [] } },
		]);
	});

	test("gets the server's error, in the code that legacy revisions have for it", () => {
		const { translated, ask } = open();
		const received = ask("resources/read", { uri: "a:b" });
		translated.latest("resources/read").error(-32602, "none", { uri: "a:b" });
		expect(received).toEqual([
			{
				jsonrpc: "2.0",
				id: 1,
				error: { code: -32002, message: "none", data: { uri: "a:b" } },
			},
		]);
	});
});

test("other notifications of a legacy client mean nothing to a modern server: they are dropped and counted", () => {
	const { translated } = open();
	const method = "notifications/roots/list_changed";
	translated.peer.tell({ jsonrpc: "2.0", method });
	expect(translated.told).toEqual([]);
	expect(translated.dropped).toEqual(["notification-unknown-to-modern-child"]);
});

const listChanged = { listChanged: true };

/** A legacy client on a modern child that can tell of changes. */
function listening(capabilities: Members = {}) {
	const translated = new Translated({
		...{ client: "legacy", child: "modern", capabilities },
	});
	return {
		translated,
		ask: translated.ask.bind(translated),
		listen: () => translated.latest("subscriptions/listen"),
		filters: () =>
			translated
				.all("subscriptions/listen")
				.map(({ request }) => request.params?.notifications),
	};
}

describe("the lists", () => {
	test.each<[capabilities: Members, filters: Members[]]>([
		[
			{
				tools: listChanged,
				prompts: {},
				resources: { ...listChanged, subscribe: true },
			},
			[{ toolsListChanged: true, resourcesListChanged: true }],
		],
		[{ tools: {}, prompts: { listChanged: "yes" }, logging: {} }, []],
	])("of a server that has %j are listened to by %j", (capabilities, expected) => {
		const { translated, filters, ask } = listening(capabilities);
		expect(filters()).toEqual(expected);
		// However often the client initializes.
		expect(ask("initialize", {})).toMatchObject([
			{ id: 1, result: { serverInfo: { name: "s" } } },
		]);
		expect(translated.asked).toHaveLength(expected.length);
	});

	test("changed: the client hears it as a legacy one does, and nothing of the acknowledgement", () => {
		const { translated, listen } = listening({ tools: listChanged });
		acknowledge(listen(), { toolsListChanged: true });
		sayOf(listen(), "notifications/tools/list_changed");
		expect(translated.heard).toStrictEqual([
			{ jsonrpc: "2.0", method: "notifications/tools/list_changed" },
		]);
	});

	test("are listened to again when the client asks next, after the server has ended that", () => {
		const { ask, filters, listen, translated } = listening({
			tools: listChanged,
		});
		acknowledge(listen(), { toolsListChanged: true });
		listen().result({ resultType: "complete" });
		// A server that always ends them is not asked without end.
		expect(filters()).toHaveLength(1);
		ask("tools/list");
		expect(filters()).toHaveLength(2);
		ask("tools/list", {}, 2);
		expect(filters()).toHaveLength(2);
		sayOf(listen(), "notifications/tools/list_changed");
		expect(translated.heard).toHaveLength(1);
	});

	test("are not listened to again where the server has refused that", () => {
		const { ask, filters, listen } = listening({ tools: listChanged });
		listen().error(-32601);
		ask("tools/list");
		expect(filters()).toHaveLength(1);
	});
});

describe("resources/subscribe", () => {
	const uri = "file:///a";
	const resourceSubscriptions = [uri];
	const done = (id = 1) => [{ jsonrpc: "2.0", id, result: {} }];

	/** A client that has subscribed. */
	function subscribed() {
		const opened = listening();
		const received = opened.ask("resources/subscribe", { uri });
		acknowledge(opened.listen(), { resourceSubscriptions });
		return { ...opened, received };
	}

	test("is answered when the server has agreed to tell of that resource", () => {
		const { ask, filters, listen } = listening();
		const received = ask("resources/subscribe", { uri });
		expect(filters()).toEqual([{ resourceSubscriptions }]);
		expect(received).toEqual([]);
		acknowledge(listen(), { resourceSubscriptions });
		expect(received).toEqual(done());
	});

	test("is one subscription for each resource, and updates reach the client as legacy ones", () => {
		const { ask, listen, translated } = subscribed();
		ask("resources/subscribe", { uri: "a:2" }, 2);
		acknowledge(listen(), { resourceSubscriptions: ["a:2"] });
		const [first, second] = translated.all("subscriptions/listen");
		expect(first?.request.id).not.toBe(second?.request.id);
		const method = "notifications/resources/updated";
		sayOf(listen(), method, { uri: "a:2", title: "t" });
		expect(translated.heard).toStrictEqual([
			{ jsonrpc: "2.0", method, params: { uri: "a:2", title: "t" } },
		]);
	});

	test("is refused where the server does not tell of that resource, and the subscription is given up", () => {
		const { ask, listen, translated } = listening();
		const received = ask("resources/subscribe", { uri });
		acknowledge(listen(), {});
		expect(received).toMatchObject([
			{ id: 1, error: { code: -32601, message: expect.stringContaining(uri) } },
		]);
		expect(translated.told).toMatchObject([
			{
				method: "notifications/cancelled",
				params: { requestId: listen().request.id },
			},
		]);
	});

	test("is refused with the server's own error, and can be tried again", () => {
		const { ask, filters, listen, translated } = listening();
		const received = ask("resources/subscribe", { uri });
		listen().error(-32602, "no such resource");
		expect(received).toMatchObject([
			{ error: { code: -32602, message: "no such resource" } },
		]);
		expect(translated.told).toEqual([]);
		ask("resources/subscribe", { uri }, 2);
		expect(filters()).toHaveLength(2);
	});

	test.each<[what: string, params: Members | undefined]>([
		["ends it at once", { uri }],
		["is not even asked, since it names none", {}],
	])("is refused where the server %s", (_what, params) => {
		const { ask, translated } = listening();
		const received = ask("resources/subscribe", params);
		for (const listen of translated.asked) listen.result();
		expect(received).toMatchObject([{ id: 1, error: { code: -32601 } }]);
	});

	test("twice is one subscription, and so are those of two clients, until the last one leaves", () => {
		const { ask, filters, translated } = subscribed();
		expect(ask("resources/subscribe", { uri }, 2)).toEqual(done(2));
		const other = translated.connect({ capabilities: {} });
		const received = ask("resources/subscribe", { uri }, 3, other);
		expect(received).toEqual(done(3));
		expect(filters()).toHaveLength(1);
		translated.peer.close();
		expect(translated.told).toEqual([]);
		other.peer.close();
		expect(translated.told).toHaveLength(1);
	});

	test("is taken back by resources/unsubscribe: the server is told, and asked anew the next time", () => {
		const { ask, filters, listen, translated } = subscribed();
		const { id: requestId } = listen().request;
		expect(ask("resources/unsubscribe", { uri }, 2)).toEqual(done(2));
		expect(translated.told).toMatchObject([
			{ method: "notifications/cancelled", params: { requestId } },
		]);
		ask("resources/subscribe", { uri }, 3);
		expect(filters()).toHaveLength(2);
		expect(listen().request.id).not.toBe(requestId);
	});

	test("is answered also where it is taken back before the server has agreed", () => {
		const { ask } = listening();
		const received = ask("resources/subscribe", { uri });
		expect(ask("resources/unsubscribe", { uri }, 2)).toEqual(done(2));
		expect(received).toMatchObject([{ id: 1, error: { code: -32800 } }]);
	});

	test("lasts over the server's end of it, until it is taken back", () => {
		const { ask, filters, listen } = subscribed();
		listen().result();
		ask("tools/list", {}, 2);
		expect(filters()).toEqual(Array(2).fill({ resourceSubscriptions }));
		ask("resources/unsubscribe", { uri }, 3);
		ask("tools/list", {}, 4);
		expect(filters()).toHaveLength(2);
	});

	test("lasts over the child: what was agreed is set up at the next one, what was not is asked there again, once", () => {
		const { ask, filters, listen, translated } = subscribed();
		const received = ask("resources/subscribe", { uri: "a:2" }, 2);
		const all = [uri, "a:2"].map((each) => ({ resourceSubscriptions: [each] }));
		const died = { code: -32000, message: "died" };
		for (let child = 1; child <= 2; child++) {
			expect(filters().slice(-2)).toEqual(all);
			expect(received).toEqual([]);
			translated.multiplexer.down(died);
			translated.up();
		}
		expect(received).toMatchObject([{ id: 2, error: died }]);
		expect(listen().request.params).toMatchObject({ notifications: all[0] });
	});

	test("resources/unsubscribe of what nobody subscribed to is answered, and the server hears nothing", () => {
		const { ask, translated } = listening();
		expect(ask("resources/unsubscribe", { uri })).toEqual(done());
		expect([...translated.asked, ...translated.told]).toEqual([]);
	});
});
