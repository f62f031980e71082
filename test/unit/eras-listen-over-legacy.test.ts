import { describe, expect, test } from "vitest";
import type { Id, Members, Message } from "../../src/protocol/messages.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import { Translated } from "../harness/translated.ts";

const everything = {
	tools: { listChanged: true },
	prompts: { listChanged: true },
	resources: { listChanged: true, subscribe: true },
};

/** A modern client that listens on a legacy child. */
function listen(
	notifications: unknown,
	{ capabilities = everything as Members, id = "sub" as Id, ready = true } = {},
) {
	const translated = new Translated({
		...{ client: "modern", child: "legacy", capabilities, ready },
	});
	const method = "subscriptions/listen";
	const received = translated.ask(method, { notifications }, id);
	return {
		translated,
		received,
		say: (message: Message) => translated.say(message),
		subscriptions: () => translated.all("resources/subscribe"),
	};
}

const acknowledgement = (notifications: Members, id: Id = "sub"): Message => ({
	jsonrpc: "2.0",
	method: "notifications/subscriptions/acknowledged",
	params: { notifications, _meta: { [metaKey.subscriptionId]: id } },
});
const changed = (list: string): Message => ({
	jsonrpc: "2.0",
	method: `notifications/${list}/list_changed`,
});
const updated = (uri: string): Message => ({
	jsonrpc: "2.0",
	method: "notifications/resources/updated",
	params: { uri },
});

describe("the acknowledgement", () => {
	test.each<[asked: Members, capabilities: Members, honored: Members]>([
		[
			{ toolsListChanged: true, promptsListChanged: true },
			{ tools: { listChanged: true }, prompts: {}, resources: {} },
			{ toolsListChanged: true },
		],
		[
			{
				toolsListChanged: false,
				promptsListChanged: "true",
				resourcesListChanged: 1,
			},
			everything,
			{},
		],
		[
			{ resourceSubscriptions: ["a:1"] },
			{ resources: { listChanged: true } },
			{},
		],
	])("of %j by a child with %j names what was asked for by true and the child tells of: %j", (asked, capabilities, honored) => {
		const { received, translated } = listen(asked, { capabilities });
		expect(received).toEqual([acknowledgement(honored)]);
		expect(translated.asked).toEqual([]);
	});

	test("waits for every subscription, and names those that the child has taken", () => {
		const { received, subscriptions, translated } = listen({
			resourcesListChanged: true,
			resourceSubscriptions: ["a:1", "a:2", "a:1"],
		});
		expect(subscriptions().map(({ request }) => request.params)).toEqual([
			{ uri: "a:1" },
			{ uri: "a:2" },
		]);
		subscriptions()[0]?.error(-32002);
		expect(received).toEqual([]);
		subscriptions()[1]?.result();
		expect(received).toEqual([
			acknowledgement({
				resourcesListChanged: true,
				resourceSubscriptions: ["a:2"],
			}),
		]);
		expect(translated.dropped).toEqual(["subscription-refused"]);
	});

	test("comes from the next child where one dies before it has agreed, and only once", () => {
		const notifications = { resourceSubscriptions: ["a:1"] };
		const { received, subscriptions, translated } = listen(notifications);
		for (const isFirst of [true, false]) {
			translated.multiplexer.down({ code: -32000, message: "died" });
			translated.up();
			expect(received).toHaveLength(isFirst ? 0 : 1);
			subscriptions().at(-1)?.result();
			expect(received).toEqual([acknowledgement(notifications)]);
		}
		expect(subscriptions()).toHaveLength(3);
		translated.say(updated("a:1"));
		expect(received).toHaveLength(2);
	});

	test.each<Id>([
		"0",
		0,
		7,
		"",
	])("and all behind it carry the request's id %j in its own type", (id) => {
		const { received, say } = listen({ toolsListChanged: true }, { id });
		say(changed("tools"));
		expect(received).toHaveLength(2);
		for (const message of received) {
			expect("method" in message && message.params?._meta).toStrictEqual({
				[metaKey.subscriptionId]: id,
			});
		}
	});
});

describe("what the child tells", () => {
	test("is passed on where it was asked for, and nothing else is", () => {
		const { received, say, subscriptions } = listen({
			promptsListChanged: true,
			resourceSubscriptions: ["a:1"],
		});
		subscriptions()[0]?.result();
		for (const message of [
			changed("tools"),
			changed("prompts"),
			changed("resources"),
			updated("a:1"),
			updated("a:2"),
			{
				jsonrpc: "2.0",
				method: "notifications/message",
				params: { level: "error", data: "x" },
			} as Message,
			{ jsonrpc: "2.0", id: 5, method: "roots/list" } as Message,
		]) {
			say(message);
		}
		const stamped = { [metaKey.subscriptionId]: "sub" };
		expect(received.slice(1)).toEqual([
			{ ...changed("prompts"), params: { _meta: stamped } },
			{ ...updated("a:1"), params: { uri: "a:1", _meta: stamped } },
		]);
	});

	test("before the acknowledgement is kept up to a bound: a child that floods and does not answer fills nothing", () => {
		const { received, say, subscriptions, translated } = listen({
			resourceSubscriptions: ["a:b"],
		});
		for (let count = 0; count < 1500; count++) say(updated("a:b"));
		const kind = "notification-before-acknowledgement";
		expect(translated.dropped).toEqual(Array(500).fill(kind));
		subscriptions()[0]?.result();
		expect(received).toHaveLength(1 + 1000);
	});

	test("before the acknowledgement comes behind it", () => {
		const { received, say, subscriptions } = listen({
			toolsListChanged: true,
			resourceSubscriptions: ["a:1"],
		});
		for (const said of [updated("a:1"), changed("prompts"), changed("tools")]) {
			say(said);
		}
		expect(received).toEqual([]);
		subscriptions()[0]?.result();
		expect(received).toMatchObject([
			{ method: "notifications/subscriptions/acknowledged" },
			updated("a:1"),
			changed("tools"),
		]);
	});

	test("keeps its own _meta", () => {
		const { received, say } = listen({ toolsListChanged: true });
		say({ ...changed("tools"), params: { _meta: { "x/y": 1 } } } as Message);
		expect(received.at(-1)).toMatchObject({
			params: { _meta: { "x/y": 1, [metaKey.subscriptionId]: "sub" } },
		});
	});
});

describe("it ends", () => {
	test("in good order when the server is stopped, and nothing follows", () => {
		const { received, say, translated } = listen({ toolsListChanged: true });
		translated.multiplexer.end();
		say(changed("tools"));
		translated.multiplexer.end();
		expect(received.slice(1)).toEqual([
			{
				jsonrpc: "2.0",
				id: "sub",
				result: {
					resultType: "complete",
					_meta: { [metaKey.subscriptionId]: "sub" },
				},
			},
		]);
	});

	test("with the client, and so do its subscriptions", () => {
		const { subscriptions, translated } = listen({
			resourceSubscriptions: ["a:1", "a:2"],
		});
		for (const each of subscriptions()) each.result();
		translated.peer.close();
		const ended = translated.all("resources/unsubscribe");
		expect(ended.map(({ request }) => request.params?.uri)).toEqual([
			"a:1",
			"a:2",
		]);
		expect(translated.multiplexer.isNeeded).toBe(true);
		for (const each of ended) each.result();
		expect(translated.multiplexer.isNeeded).toBe(false);
	});

	test("with the error where no child can be started, in a code that is not reserved", () => {
		const { received, translated } = listen({}, { ready: false });
		const data = { code: "CHILD_EXITED" };
		translated.multiplexer.refuse({ code: -32000, message: "dead", data });
		expect(received).toEqual([
			{
				jsonrpc: "2.0",
				id: "sub",
				error: { code: -32603, message: "dead", data },
			},
		]);
	});
});

test.each([
	[undefined],
	[null],
	["tools"],
	[[]],
	[{ resourceSubscriptions: "a:1" }],
	[{ resourceSubscriptions: [1] }],
	[{ resourceSubscriptions: null }],
])("a filter that is %j is refused with invalid params, and the child hears nothing", (notifications) => {
	const { received, translated } = listen(notifications);
	expect(received).toMatchObject([{ id: "sub", error: { code: -32602 } }]);
	expect(translated.asked).toEqual([]);
});
