import { describe, expect, test } from "vitest";
import { legacyOverModern } from "../../src/protocol/eras/legacy-over-modern.ts";
import { metaKey } from "../../src/protocol/eras/meta.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import type { Id, Members, Message } from "../../src/protocol/messages.ts";
import {
	inbox,
	ScriptedPeer,
	type ScriptedRequest,
} from "../harness/scripted-peer.ts";

const listChanged = { listChanged: true };

/** A legacy client on a modern child that the test plays. */
function open() {
	const child = new ScriptedPeer();
	const peer = legacyOverModern(child, { capabilities: {} }, () => {});
	const heard = inbox();
	peer.listen(heard);
	const ask = (method: string, params?: Members, id: Id = 1): Message[] => {
		const received = inbox();
		peer.ask(
			{ jsonrpc: "2.0", id, method, ...(params && { params }) },
			received,
		);
		return received.messages;
	};
	return {
		child,
		peer,
		heard: heard.messages,
		ask,
		initialize(capabilities: Members): Message[] {
			const received = ask("initialize", {});
			child.latest("server/discover").result({
				supportedVersions: ["2026-07-28"],
				capabilities,
				_meta: { [metaKey.serverInfo]: { name: "s", version: "1" } },
			});
			return received;
		},
		filters: () =>
			child
				.all("subscriptions/listen")
				.map(({ request }) => request.params?.notifications),
	};
}

function say(
	listen: ScriptedRequest | undefined,
	method: string,
	params: Members = {},
): void {
	listen?.say({
		jsonrpc: "2.0",
		method,
		params: {
			...params,
			_meta: { [metaKey.subscriptionId]: listen.request.id },
		},
	});
}
const acknowledge = (
	listen: ScriptedRequest | undefined,
	notifications: unknown,
) => say(listen, "notifications/subscriptions/acknowledged", { notifications });
const end = (listen: ScriptedRequest | undefined) =>
	listen?.result({
		resultType: "complete",
		_meta: { [metaKey.subscriptionId]: listen.request.id },
	});

describe("the lists", () => {
	test("are listened to once the server has said of which it tells", () => {
		const { filters, initialize } = open();
		const received = initialize({
			tools: listChanged,
			prompts: {},
			resources: { ...listChanged, subscribe: true },
		});
		expect(received).toMatchObject([{ id: 1, result: { serverInfo: {} } }]);
		expect(filters()).toEqual([
			{ toolsListChanged: true, resourcesListChanged: true },
		]);
	});

	test("are not where the server tells of none", () => {
		const { filters, initialize } = open();
		initialize({ tools: {}, prompts: { listChanged: "yes" }, logging: {} });
		expect(filters()).toEqual([]);
	});

	test("are listened to once, however often the client initializes", () => {
		const { filters, initialize } = open();
		initialize({ tools: listChanged });
		initialize({ tools: listChanged });
		expect(filters()).toHaveLength(1);
	});

	test("changed: the client hears it as a legacy one does, and nothing of the acknowledgement", () => {
		const { child, heard, initialize } = open();
		initialize({ tools: listChanged });
		const listen = child.latest("subscriptions/listen");
		acknowledge(listen, { toolsListChanged: true });
		say(listen, "notifications/tools/list_changed");
		say(listen, "notifications/resources/updated", { uri: "a:b", title: "t" });
		expect(heard).toStrictEqual([
			{ jsonrpc: "2.0", method: "notifications/tools/list_changed" },
			{
				jsonrpc: "2.0",
				method: "notifications/resources/updated",
				params: { uri: "a:b", title: "t" },
			},
		]);
	});

	test.each([
		[ErrorCode.serverUnavailable, 2],
		[ErrorCode.limitReached, 2],
		[ErrorCode.methodNotFound, 1],
	])("are listened to again when that failed with %i: %i times, since only a server's own refusal is one", (code, times) => {
		const { child, ask, filters, initialize } = open();
		initialize({ tools: listChanged });
		child.latest("subscriptions/listen").error(code);
		ask("tools/list");
		expect(filters()).toHaveLength(times);
	});

	test("are listened to again when the client asks next, after the server has ended that", () => {
		const { child, ask, filters, initialize, heard } = open();
		initialize({ tools: listChanged });
		const listen = child.latest("subscriptions/listen");
		acknowledge(listen, { toolsListChanged: true });
		end(listen);
		// A server that always ends them is not asked without end.
		expect(filters()).toHaveLength(1);
		ask("tools/list");
		expect(filters()).toHaveLength(2);
		ask("tools/list");
		expect(filters()).toHaveLength(2);
		say(
			child.latest("subscriptions/listen"),
			"notifications/tools/list_changed",
		);
		expect(heard).toHaveLength(1);
	});

	test("are not listened to again where the server has refused that", () => {
		const { child, ask, filters, initialize } = open();
		initialize({ tools: listChanged });
		child.latest("subscriptions/listen").error(-32601);
		ask("tools/list");
		expect(filters()).toHaveLength(1);
	});

	test("initialize that fails is answered with the failure", () => {
		const { child, ask, filters } = open();
		const received = ask("initialize", {});
		child.latest("server/discover").error(-32603, "dead");
		expect(received).toMatchObject([{ id: 1, error: { message: "dead" } }]);
		expect(filters()).toEqual([]);
	});
});

describe("resources/subscribe", () => {
	const uri = "file:///a";

	test("is answered when the server has agreed to tell of that resource", () => {
		const { child, ask, filters } = open();
		const received = ask("resources/subscribe", { uri });
		expect(filters()).toEqual([{ resourceSubscriptions: [uri] }]);
		expect(received).toEqual([]);
		acknowledge(child.latest("subscriptions/listen"), {
			resourceSubscriptions: [uri],
		});
		expect(received).toEqual([{ jsonrpc: "2.0", id: 1, result: {} }]);
	});

	test("is one subscription for each resource, and updates reach the client", () => {
		const { child, ask, heard } = open();
		for (const one of ["a:1", "a:2"]) {
			ask("resources/subscribe", { uri: one });
			acknowledge(child.latest("subscriptions/listen"), {
				resourceSubscriptions: [one],
			});
		}
		const [first, second] = child.all("subscriptions/listen");
		expect(first?.request.id).not.toBe(second?.request.id);
		say(second, "notifications/resources/updated", { uri: "a:2" });
		expect(heard).toMatchObject([{ params: { uri: "a:2" } }]);
	});

	test("is refused where the server does not tell of that resource, and the subscription is given up", () => {
		const { child, ask } = open();
		const received = ask("resources/subscribe", { uri });
		const listen = child.latest("subscriptions/listen");
		acknowledge(listen, {});
		expect(received).toMatchObject([
			{ id: 1, error: { code: -32601, message: expect.stringContaining(uri) } },
		]);
		expect(child.told).toMatchObject([
			{
				method: "notifications/cancelled",
				params: { requestId: listen.request.id },
			},
		]);
	});

	test("is refused with the server's own error, and can be tried again", () => {
		const { child, ask } = open();
		const received = ask("resources/subscribe", { uri });
		child.latest("subscriptions/listen").error(-32602, "no such resource");
		expect(received).toMatchObject([
			{ error: { code: -32602, message: "no such resource" } },
		]);
		expect(child.told).toEqual([]);
		ask("resources/subscribe", { uri }, 2);
		expect(child.all("subscriptions/listen")).toHaveLength(2);
	});

	test("is refused where the server ends it at once", () => {
		const { child, ask } = open();
		const received = ask("resources/subscribe", { uri });
		end(child.latest("subscriptions/listen"));
		expect(received).toMatchObject([{ id: 1, error: { code: -32601 } }]);
	});

	test("twice is one subscription", () => {
		const { child, ask } = open();
		ask("resources/subscribe", { uri });
		acknowledge(child.latest("subscriptions/listen"), {
			resourceSubscriptions: [uri],
		});
		expect(ask("resources/subscribe", { uri }, 2)).toEqual([
			{ jsonrpc: "2.0", id: 2, result: {} },
		]);
		expect(child.all("subscriptions/listen")).toHaveLength(1);
	});

	test("is taken back by resources/unsubscribe: the server is told, and asked anew the next time", () => {
		const { child, ask } = open();
		ask("resources/subscribe", { uri });
		const listen = child.latest("subscriptions/listen");
		acknowledge(listen, { resourceSubscriptions: [uri] });
		expect(ask("resources/unsubscribe", { uri }, 2)).toEqual([
			{ jsonrpc: "2.0", id: 2, result: {} },
		]);
		expect(child.told).toMatchObject([
			{
				method: "notifications/cancelled",
				params: { requestId: listen.request.id },
			},
		]);
		ask("resources/subscribe", { uri }, 3);
		expect(child.all("subscriptions/listen")).toHaveLength(2);
		expect(child.latest("subscriptions/listen").request.id).not.toBe(
			listen.request.id,
		);
	});

	test("lasts over the server's end of it, until it is taken back", () => {
		const { child, ask, filters } = open();
		ask("resources/subscribe", { uri });
		acknowledge(child.latest("subscriptions/listen"), {
			resourceSubscriptions: [uri],
		});
		end(child.latest("subscriptions/listen"));
		ask("tools/list", {}, 2);
		expect(filters()).toEqual(Array(2).fill({ resourceSubscriptions: [uri] }));
		ask("resources/unsubscribe", { uri }, 3);
		end(child.latest("subscriptions/listen"));
		ask("tools/list", {}, 4);
		expect(filters()).toHaveLength(2);
	});

	test("resources/unsubscribe of what nobody subscribed to is answered, and the server hears nothing", () => {
		const { child, ask } = open();
		expect(ask("resources/unsubscribe", { uri })).toMatchObject([
			{ id: 1, result: {} },
		]);
		expect([...child.asked, ...child.told]).toEqual([]);
	});
});
