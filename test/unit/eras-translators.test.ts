import { describe, expect, test } from "vitest";
import { resultOf } from "../../src/protocol/messages.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import type { Era } from "../../src/protocol/revisions.ts";
import { Translated } from "../harness/translated.ts";

const died = { code: -32000, message: "died" };
const serverInfo = { name: "s", version: "1" };

test.each<
	[method: string, client: Era, child: Era, answer: object | undefined]
>([
	["initialize", "legacy", "legacy", { result: { serverInfo } }],
	["initialize", "legacy", "modern", { result: { serverInfo } }],
	["server/discover", "modern", "legacy", { result: { capabilities: {} } }],
	["server/discover", "modern", "modern", { result: { capabilities: {} } }],
	["server/discover", "legacy", "legacy", { error: { code: -32601 } }],
	["subscriptions/listen", "legacy", "legacy", { error: { code: -32601 } }],
	["logging/setLevel", "legacy", "legacy", undefined],
	["tools/list", "legacy", "legacy", undefined],
	["tools/list", "legacy", "modern", undefined],
	["tools/list", "modern", "legacy", undefined],
	["tools/list", "modern", "modern", undefined],
	["tasks/get", "legacy", "legacy", undefined],
	["tasks/get", "modern", "modern", undefined],
	["tasks/get", "modern", "legacy", { error: { code: -32601 } }],
])("%s of a %s client on a %s child is answered without it: %j", (method, client, child, answer) => {
	const translated = new Translated({ client, child });
	const received = translated.ask(method, { level: "info", notifications: {} });
	if (answer) expect(received).toMatchObject([answer]);
	else expect(received).toEqual([]);
	expect(translated.asked).toHaveLength(answer ? 0 : 1);
});

test.each<[client: Era, child: Era]>([
	["legacy", "legacy"],
	["legacy", "modern"],
	["modern", "legacy"],
	["modern", "modern"],
])("a %s client on a %s child is answered while there is none from what the last one said, in its own era", (client, child) => {
	const translated = new Translated({ client, child });
	const opening = client === "legacy" ? "initialize" : "server/discover";
	const whole = translated.ask(opening);
	const list = translated.ask("tools/list", {}, 2);
	translated.latest("tools/list").result({ tools: [], cacheScope: "public" });
	translated.multiplexer.down(died);
	expect(translated.ask(opening)).toEqual(whole);
	expect(translated.ask("tools/list", {}, 2)).toEqual(list);
	const isKept = client === child || client === "modern";
	const [answer] = list as { result: object }[];
	expect(Object.hasOwn(answer?.result ?? {}, "cacheScope")).toBe(isKept);
});

describe("a child that speaks the other era than the last one, or than was thought", () => {
	test.each<[client: Era, child: Era]>([
		["legacy", "modern"],
		["modern", "legacy"],
	])("gets what a %s client waits with as a %s child has to see it, in its order", (client, child) => {
		const translated = new Translated({ client, child, ready: false });
		const received = translated.ask("tools/call", { name: "a" }, "x");
		translated.ask("tools/call", { name: "b" }, "y");
		translated.up();
		const [first, second] = translated.asked;
		expect(second?.request.params).toMatchObject({ name: "b" });
		const key = ["params", "_meta", metaKey.protocolVersion];
		if (child === "modern") expect(first?.request).toHaveProperty(key);
		else expect(first?.request).not.toHaveProperty(key);
		first?.result({ content: [] });
		expect(received).toMatchObject([{ id: "x", result: { content: [] } }]);
	});

	test("has set up again what a client had set up on the one before it, in its own way", () => {
		const translated = new Translated({ client: "legacy", child: "legacy" });
		translated.ask("resources/subscribe", { uri: "x:1" });
		translated.latest("resources/subscribe").result();
		translated.ask("logging/setLevel", { level: "error" }, 2);
		translated.latest("logging/setLevel").result();
		translated.multiplexer.down(died);
		translated.up("modern");
		translated.ask("tools/call", { name: "a" }, 3);
		expect(translated.asked.slice(2)).toMatchObject([
			{
				request: {
					method: "subscriptions/listen",
					params: { notifications: { resourceSubscriptions: ["x:1"] } },
				},
			},
			{
				request: {
					method: "tools/call",
					params: { _meta: { [metaKey.logLevel]: "error" } },
				},
			},
		]);
		translated.multiplexer.down(died);
		translated.up("legacy");
		expect(translated.asked.slice(-2)).toMatchObject([
			{ request: { method: "logging/setLevel", params: { level: "error" } } },
			{ request: { method: "resources/subscribe", params: { uri: "x:1" } } },
		]);
	});

	test("is sent a subscription that another one had agreed to, and its client hears no second acknowledgement", () => {
		const translated = new Translated({
			...{ client: "modern", child: "legacy" },
			capabilities: { tools: { listChanged: true } },
		});
		const notifications = { toolsListChanged: true };
		const received = translated.ask("subscriptions/listen", { notifications });
		expect(received).toHaveLength(1);
		translated.multiplexer.down(died);
		translated.up("modern");
		const { request } = translated.latest("subscriptions/listen");
		const _meta = { [metaKey.subscriptionId]: request.id };
		for (const said of ["subscriptions/acknowledged", "tools/list_changed"]) {
			const method = `notifications/${said}`;
			translated.say({ jsonrpc: "2.0", method, params: { _meta } });
		}
		expect(received.slice(1)).toMatchObject([
			{ method: "notifications/tools/list_changed" },
		]);
	});
});

describe("a ping, and a question, of a modern child", () => {
	test.each([
		"ping",
		"roots/list",
	])("%s is answered by the bridge", (method) => {
		const translated = new Translated({ client: "legacy", child: "modern" });
		const received = translated.ask("tools/call", { name: "a" });
		translated.say({ jsonrpc: "2.0", id: "q", method });
		const answer =
			method === "ping"
				? resultOf("q", {})
				: { id: "q", error: { code: -32601 } };
		expect(translated.told).toMatchObject([answer]);
		expect([...received, ...translated.heard]).toEqual([]);
	});
});
