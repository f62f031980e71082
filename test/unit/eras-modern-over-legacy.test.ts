import { describe, expect, test } from "vitest";
import type { Members, Message } from "../../src/protocol/messages.ts";
import type { Envelope } from "../../src/protocol/meta.ts";
import { Translated } from "../harness/translated.ts";

/** A modern client on a legacy child that others are on too. */
function open(envelope: Envelope = { capabilities: {} }, concurrency = 10) {
	const translated = new Translated({
		...{ client: "modern", child: "legacy", envelope, concurrency },
	});
	const ask = translated.ask.bind(translated);
	const say = (method: string, params: Members) =>
		translated.say({ jsonrpc: "2.0", method, params });
	return { translated, ask, say };
}

const question: Message = {
	jsonrpc: "2.0",
	id: "q",
	method: "elicitation/create",
	params: {},
};

describe("a child that asks a client that can be asked nothing", () => {
	/** Two calls, of which the child has one at a time; it has asked something for the first. */
	function refused() {
		const opened = open(undefined, 1);
		const { translated, ask } = opened;
		const received = ask("tools/call", { name: "a" });
		const other = translated.connect({ capabilities: {} });
		const next = ask("tools/call", { name: "b" }, 1, other);
		translated.say(question);
		return { ...opened, received, next, call: translated.asked[0] };
	}

	test("is told so, and the call is answered with what the client would have to declare", () => {
		const { received, translated } = refused();
		expect(received).toMatchObject([
			{
				error: {
					code: -32021,
					data: { requiredCapabilities: { elicitation: {} } },
				},
			},
		]);
		expect(translated.told).toMatchObject([
			{ id: "q", error: { code: -32601 } },
		]);
		expect(translated.dropped).toEqual(["question-nobody-can-answer"]);
	});

	test("ends the call by itself, and has nothing more until then", () => {
		const { call, next, translated } = refused();
		expect(translated.asked).toHaveLength(1);
		expect(translated.multiplexer.busy).toBe(true);
		call?.result();
		expect(translated.told).toHaveLength(1);
		expect(translated.asked).toHaveLength(2);
		translated.asked[1]?.result({ content: [] });
		expect(next).toMatchObject([{ result: { content: [] } }]);
		expect(translated.dropped).toEqual(["question-nobody-can-answer"]);
	});

	test("is told to end it after 10 s, so that the call takes nobody's turn for ever", () => {
		const { call, translated } = refused();
		translated.clock.pass(9_999);
		expect([translated.told, translated.asked]).toMatchObject([[{}], [{}]]);
		translated.clock.pass(1);
		expect(translated.told.at(-1)).toMatchObject({
			method: "notifications/cancelled",
			params: { requestId: call?.request.id },
		});
		expect(translated.asked).toHaveLength(2);
		expect(translated.clock.timers).toBe(0);
	});

	test("is asked nobody else where the client could answer: such a call has a child of its own", () => {
		const { ask, translated } = open({ capabilities: { elicitation: {} } });
		const received = ask("tools/call", { name: "a" });
		translated.say(question);
		expect(received).toEqual([]);
		expect(translated.told).toMatchObject([{ id: "q", error: {} }]);
		translated.asked[0]?.result();
		expect(received).toHaveLength(1);
	});
});

describe("a request", () => {
	test("reaches the child without what is the modern revision's own, and its answer has what that requires", () => {
		const { ask, translated } = open();
		const _meta = { progressToken: "p", "x/y": 1 };
		const received = ask("tools/list", { cursor: "c", _meta });
		const { request, result } = translated.latest("tools/list");
		expect(request.params).toEqual({ cursor: "c" });
		result({ tools: [] });
		expect(received).toMatchObject([
			{
				id: 1,
				result: { tools: [], resultType: "complete", cacheScope: "private" },
			},
		]);
	});

	test.each<[method: string, params: Members, code: number]>([
		["tasks/get", { taskId: "t" }, -32601],
		["tasks/list", {}, -32601],
		["tools/call", { name: "a", requestState: "s" }, -32602],
	])("%s with %j is refused, and the child does not see it", (method, params, code) => {
		const { ask, translated } = open();
		expect(ask(method, params)).toMatchObject([{ id: 1, error: { code } }]);
		expect(translated.asked).toEqual([]);
	});
});

describe("a client that wants log messages", () => {
	const wants = { capabilities: {}, logLevel: "warning" };
	const logged = (level: string) => ({ level, data: "x" });

	test("has the child set to that level before its request, and gets those that it wants, and no other notifications", () => {
		const { ask, say, translated } = open(wants);
		const received = ask("tools/call", { name: "a" });
		expect(translated.asked.map(({ request }) => request)).toMatchObject([
			{ method: "logging/setLevel", params: { level: "warning" } },
			{ method: "tools/call" },
		]);
		translated.latest("logging/setLevel").result();
		for (const level of ["info", "error"]) {
			say("notifications/message", logged(level));
		}
		say("notifications/example.com/news", {});
		expect(received).toMatchObject([{ params: { level: "error" } }]);
		expect(translated.dropped).toEqual([
			"log-of-no-certain-client",
			"notification-nobody-asked-for",
		]);
	});

	test("has its request sent also where the child takes one at a time and refuses the level", () => {
		const { ask, translated } = open(wants, 1);
		const received = ask("tools/call", { name: "a" });
		translated.latest("logging/setLevel").error(-32601);
		translated.latest("tools/call").result();
		expect(received).toMatchObject([{ result: {} }]);
		expect(translated.asked).toHaveLength(2);
	});

	test("is the only one: who has asked for none gets none", () => {
		const { ask, say, translated } = open();
		const received = ask("tools/call", { name: "a" });
		say("notifications/message", logged("emergency"));
		expect(received).toEqual([]);
		expect(translated.asked).toHaveLength(1);
		expect(translated.dropped).toEqual(["notification-nobody-asked-for"]);
	});
});
