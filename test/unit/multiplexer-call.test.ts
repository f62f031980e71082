import { describe, expect, test } from "vitest";
import { Call, Connection } from "../../src/multiplex/call.ts";
import { errorOf, resultOf } from "../../src/protocol/messages.ts";
import { gone, start } from "../harness/multiplexer-set-up.ts";
import { inbox } from "../harness/scripted-peer.ts";

/** A call of a client whose calls are counted. */
function open(method = "tools/call") {
	const unanswered = { count: 0 };
	const tally = {
		add: () => unanswered.count++,
		remove: () => unanswered.count--,
	};
	const connection = new Connection({ era: "legacy", tally });
	const received = inbox();
	const request = { jsonrpc: "2.0", id: "own", method } as const;
	const call = new Call(connection, request, received);
	return { call, connection, received: received.messages, unanswered };
}
const progress = {
	jsonrpc: "2.0",
	method: "notifications/progress",
	params: { progressToken: 1, progress: 1 },
} as const;

describe("a call", () => {
	test("is answered once, under its client's own id, and hears nothing after that", () => {
		const { call, received } = open();
		call.say(progress);
		expect(call.settle(resultOf(7, { a: 1 }))).toBe(true);
		expect(call.settle(resultOf(7, { a: 2 }))).toBe(false);
		expect(call.fail(gone)).toBe(false);
		call.say(progress);
		expect(received).toEqual([progress, resultOf("own", { a: 1 })]);
	});

	test("stays answered, whatever is made of it", () => {
		const { call } = open();
		call.fail(gone);
		call.enter({ name: "queued", since: 0 });
		expect(call.state).toEqual({ name: "settled" });
	});

	test.each([
		(call: Call) => call.settle(resultOf(7, {})),
		(call: Call) => call.settle(errorOf(7, gone)),
		(call: Call) => call.fail(gone),
	])("counts, and is open, until it is answered: %#", (answer) => {
		const { call, connection, unanswered } = open();
		expect(unanswered.count).toBe(1);
		expect(connection.calls).toEqual(new Set([call]));
		answer(call);
		answer(call);
		expect(unanswered.count).toBe(0);
		expect(connection.calls).toEqual(new Set());
	});

	test("no longer counts when its asker gets the answer, so that the next one finds room, nor where that cannot take it", () => {
		const counts: number[] = [];
		const unanswered = { count: 0 };
		const tally = {
			add: () => unanswered.count++,
			remove: () => unanswered.count--,
		};
		const connection = new Connection({ era: "legacy", tally });
		const request = { jsonrpc: "2.0", id: 1, method: "a" } as const;
		const call = new Call(connection, request, () => {
			counts.push(unanswered.count);
			throw new Error("not passed on");
		});
		expect(() => call.fail(gone)).toThrow("not passed on");
		call.fail(gone);
		expect(counts).toEqual([0]);
	});

	test("that is a subscription does not count, neither open nor ended", () => {
		const { call, unanswered } = open("subscriptions/listen");
		expect(unanswered.count).toBe(0);
		call.fail(gone);
		expect(unanswered.count).toBe(0);
	});

	test("fails with an error of the bridge's in its client's own codes, and with a child's as it is", () => {
		const errorFor = () => ({ code: 1, message: "translated" });
		const connection = new Connection({ era: "modern", errorFor });
		const request = { jsonrpc: "2.0", id: 1, method: "a" } as const;
		const received = inbox();
		new Call(connection, request, received).fail(gone);
		new Call(connection, request, received).settle(errorOf(1, gone));
		expect(received.messages).toEqual([
			errorOf(1, { code: 1, message: "translated" }),
			errorOf(1, gone),
		]);
	});
});

test.each<[how: string, end: (bench: ReturnType<typeof start>) => void]>([
	["is cancelled", (bench) => bench.multiplexer.down(gone)],
	["finds no child", (bench) => bench.multiplexer.down(gone)],
	["is cancelled while a child has it", () => {}],
])("a log level that %s is none: the one before it holds", (how, end) => {
	const bench = start();
	const client = bench.client();
	client.ask(1, "logging/setLevel", { level: "debug" });
	bench.reply(0);
	bench.child.reads = false;
	client.ask(2, "logging/setLevel", { level: "error" });
	end(bench);
	if (how === "finds no child") bench.multiplexer.refuse(gone);
	else client.cancel(2);
	bench.multiplexer.down(gone);
	bench.up();
	expect(bench.sent()).toMatchObject([
		{ method: "logging/setLevel", params: { level: "debug" } },
	]);
});
