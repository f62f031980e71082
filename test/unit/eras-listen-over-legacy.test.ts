import { describe, expect, test } from "vitest";
import { metaKey } from "../../src/protocol/eras/meta.ts";
import { modernOverLegacy } from "../../src/protocol/eras/modern-over-legacy.ts";
import type { Id, Members, Message } from "../../src/protocol/messages.ts";
import type { LinkOptions } from "../../src/protocol/recipients.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

const everything = {
	tools: { listChanged: true },
	prompts: { listChanged: true },
	resources: { listChanged: true, subscribe: true },
};

/** A modern client that listens on a legacy child that the test plays. */
function listen(notifications: unknown, id: Id = "sub") {
	const child = new ScriptedPeer();
	const dropped: string[] = [];
	let link: LinkOptions = {};
	const peer = modernOverLegacy({
		client: { capabilities: {}, principal: "anonymous" },
		connect(options) {
			link = options;
			return child;
		},
		calls: undefined,
		dropped: (kind) => dropped.push(kind),
	});
	const received = inbox();
	peer.ask(
		modernRequestOf("subscriptions/listen", { notifications }, { id }),
		received,
	);
	return {
		child,
		dropped,
		peer,
		received: received.messages,
		/** The child has been opened: it can do this. */
		opened: (capabilities: Members) =>
			child.latest("initialize").result({ capabilities }),
		subscriptions: () => child.all("resources/subscribe"),
		serverEnds: () => link.ended?.(),
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
	test("names what was asked for and the child tells of", () => {
		const { opened, received } = listen({
			toolsListChanged: true,
			promptsListChanged: true,
		});
		expect(received).toEqual([]);
		opened({ tools: { listChanged: true }, prompts: {}, resources: {} });
		expect(received).toEqual([acknowledgement({ toolsListChanged: true })]);
	});

	test("names nothing that was not asked for, or not by true", () => {
		const { opened, received } = listen({
			toolsListChanged: false,
			promptsListChanged: "true",
			resourcesListChanged: 1,
		});
		opened(everything);
		expect(received).toEqual([acknowledgement({})]);
	});

	test("waits for every subscription, and names those that the child has taken", () => {
		const { child, dropped, opened, received, subscriptions } = listen({
			resourcesListChanged: true,
			resourceSubscriptions: ["a:1", "a:2", "a:1"],
		});
		opened(everything);
		expect(subscriptions().map(({ request }) => request.params?.uri)).toEqual([
			"a:1",
			"a:2",
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
		expect(dropped).toEqual(["subscription-refused"]);
		expect(child.told).toEqual([]);
	});

	test("names no subscription where the child has none to offer, which is not asked for one", () => {
		const { opened, received, subscriptions } = listen({
			resourceSubscriptions: ["a:1"],
		});
		opened({ resources: { listChanged: true } });
		expect(subscriptions()).toEqual([]);
		expect(received).toEqual([acknowledgement({})]);
	});

	test.each<Id>([
		"0",
		0,
		7,
		"",
	])("and all behind it carry the request's id %j in its own type", (id) => {
		const { child, opened, received } = listen({ toolsListChanged: true }, id);
		opened(everything);
		child.say(changed("tools"));
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
		const { child, opened, received, subscriptions } = listen({
			promptsListChanged: true,
			resourceSubscriptions: ["a:1"],
		});
		opened(everything);
		subscriptions()[0]?.result();
		for (const message of [
			changed("tools"),
			changed("prompts"),
			changed("resources"),
			updated("a:1"),
			{
				jsonrpc: "2.0",
				method: "notifications/message",
				params: { level: "error", data: "x" },
			} as Message,
			{ jsonrpc: "2.0", id: 5, method: "roots/list" } as Message,
		]) {
			child.say(message);
		}
		const stamped = { [metaKey.subscriptionId]: "sub" };
		expect(received.slice(1)).toEqual([
			{ ...changed("prompts"), params: { _meta: stamped } },
			{
				...updated("a:1"),
				params: { uri: "a:1", _meta: stamped },
			},
		]);
	});

	test("before the acknowledgement is kept up to a bound: a child that floods and does not answer fills nothing", () => {
		const { child, dropped, opened, received, subscriptions } = listen({
			resourceSubscriptions: ["a:b"],
		});
		opened(everything);
		for (let count = 0; count < 1500; count++) child.say(updated("a:b"));
		expect(dropped).toHaveLength(500);
		subscriptions()[0]?.result();
		expect(received).toHaveLength(1 + 1000);
	});

	test("before the acknowledgement comes behind it", () => {
		const { child, opened, received, subscriptions } = listen({
			toolsListChanged: true,
			resourceSubscriptions: ["a:1"],
		});
		opened(everything);
		child.say(updated("a:1"));
		child.say(changed("prompts"));
		child.say(changed("tools"));
		expect(received).toEqual([]);
		subscriptions()[0]?.result();
		expect(received).toMatchObject([
			{ method: "notifications/subscriptions/acknowledged" },
			updated("a:1"),
			changed("tools"),
		]);
	});

	test("keeps its own _meta", () => {
		const { child, opened, received } = listen({ toolsListChanged: true });
		opened(everything);
		child.say({
			...changed("tools"),
			params: { _meta: { "x/y": 1 } },
		} as Message);
		expect(received.at(-1)).toMatchObject({
			params: { _meta: { "x/y": 1, [metaKey.subscriptionId]: "sub" } },
		});
	});
});

describe("it ends", () => {
	test("in good order when the server is stopped, and nothing follows", () => {
		const { child, opened, received, serverEnds } = listen({
			toolsListChanged: true,
		});
		opened(everything);
		serverEnds();
		child.say(changed("tools"));
		serverEnds();
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

	test("with the client, which closes its peer and so its subscriptions", () => {
		const { child, peer } = listen({ resourceSubscriptions: ["a:1"] });
		peer.close();
		expect(child.closed).toBe(true);
	});

	test("with the error where no child can be started, in a code that is not reserved", () => {
		const { child, received } = listen({ toolsListChanged: true });
		child.latest("initialize").error(-32000, "dead", { code: "CHILD_EXITED" });
		expect(received).toEqual([
			{
				jsonrpc: "2.0",
				id: "sub",
				error: {
					code: -32603,
					message: "dead",
					data: { code: "CHILD_EXITED" },
				},
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
	const { child, received } = listen(notifications);
	expect(received).toMatchObject([{ id: "sub", error: { code: -32602 } }]);
	expect(child.asked).toEqual([]);
});
