import { describe, expect, test } from "vitest";
import { modernError } from "../../src/eras/to-modern.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { start } from "../harness/multiplexer-set-up.ts";

describe("a child that is behind with reading", () => {
	test("gets no request and no notification until it has caught up, then all in their order", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "first");
		bench.child.isBehind = true;
		a.ask(2, "second");
		b.notify("notifications/x");
		b.ask(1, "third");
		bench.reply(0);
		expect(bench.methods()).toEqual(["first"]);
		expect(bench.multiplexer.load).toMatchObject({ inFlight: 0, waiting: 3 });
		bench.child.isBehind = false;
		bench.multiplexer.caughtUp();
		expect(bench.methods()).toEqual([
			"first",
			"second",
			"notifications/x",
			"third",
		]);
	});

	test("gets no subscription either, which else waits for no turn", () => {
		const bench = start({ ready: false, concurrency: 1 });
		bench.up({ era: "modern" });
		const client = bench.client();
		client.ask(1, "tools/call");
		client.ask(2, "subscriptions/listen");
		expect(bench.methods()).toEqual(["tools/call", "subscriptions/listen"]);
		bench.child.isBehind = true;
		client.ask(3, "subscriptions/listen");
		expect(bench.sent()).toHaveLength(2);
		bench.reply(0);
		bench.child.isBehind = false;
		bench.multiplexer.caughtUp();
		expect(bench.sent()).toHaveLength(3);
	});

	test("gets notifications in their order, also where one waits behind requests", () => {
		const bench = start({ concurrency: 1 });
		const client = bench.client();
		client.ask(1, "first");
		bench.child.isBehind = true;
		client.ask(2, "second");
		client.notify("notifications/x");
		bench.child.isBehind = false;
		bench.multiplexer.caughtUp();
		client.notify("notifications/y");
		bench.reply(0);
		expect(bench.methods()).toEqual([
			"first",
			"notifications/x",
			"notifications/y",
			"second",
		]);
	});

	test("is no reason to start another", () => {
		const bench = start();
		bench.child.isBehind = true;
		bench.client().ask(1);
		expect(bench.calls.need).toBe(0);
	});
});

test("a request that makes the bridge fail when its turn comes is answered, and the next one has its turn", () => {
	const bench = start({ concurrency: 1 });
	const client = bench.client();
	for (const id of [1, 2, 3]) client.ask(id, `${id}`);
	bench.child.canWrite = (message) => {
		if ("method" in message && message.method === "2") throw new Error("no");
		return true;
	};
	bench.reply(0);
	expect(client.answerTo(2)).toMatchObject({
		error: { code: ErrorCode.internalError },
	});
	expect(bench.failures).toHaveLength(1);
	expect(bench.methods()).toEqual(["1", "3"]);
});

describe("what finds no room", () => {
	const wide = { maxQueue: 1000, maxQueueBytes: 1_000_000 };

	test.each([
		["maxQueue", { ...wide, maxQueue: 1 }],
		["maxQueueBytes", { ...wide, maxQueueBytes: 60 }],
	] as const)("is refused with the name of the option: %s", (limit, queue) => {
		const bench = start({ ready: false, queue });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "first");
		b.ask(7, "second");
		expect(a.received.get(1)).toEqual([]);
		expect(b.received.get(7)).toEqual([
			{
				jsonrpc: "2.0",
				id: 7,
				error: {
					code: ErrorCode.limitReached,
					message: expect.stringContaining(`"${limit}"`),
					data: { code: "QUEUE_FULL", server: "fake", limit },
				},
			},
		]);
		expect(ErrorCode.limitReached).toBe(-32005);
		expect(bench.limits).toEqual([limit]);
		bench.up();
		expect(bench.methods()).toEqual(["first"]);
	});

	test("is refused also while a child has enough to do, and there is room again when it has answered", () => {
		const queue = { ...wide, maxQueue: 1 };
		const bench = start({ concurrency: 1, queue });
		const client = bench.client();
		for (const id of [1, 2, 3]) client.ask(id, `m${id}`);
		expect(client.answerTo(3)).toMatchObject({
			error: { data: { code: "QUEUE_FULL" } },
		});
		bench.reply(0);
		client.ask(4, "m4");
		bench.reply(1);
		expect(bench.methods()).toEqual(["m1", "m2", "m4"]);
		expect(bench.limits).toEqual(["maxQueue"]);
	});

	test("is not what goes out at once: where nothing may wait, a child that has room is used", () => {
		const queue = { maxQueue: 0, maxQueueBytes: 0 };
		const bench = start({ concurrency: 1, queue });
		const client = bench.client();
		client.ask(1, "first");
		client.ask(2, "second");
		client.notify("notifications/x");
		expect(bench.methods()).toEqual(["first", "notifications/x"]);
		expect(client.answerTo(2)).toMatchObject({
			error: { code: ErrorCode.limitReached },
		});
	});

	test("is dropped and counted where it is a notification", () => {
		const queue = { ...wide, maxQueue: 1 };
		const bench = start({ ready: false, queue });
		const client = bench.client();
		client.ask(1, "first");
		client.notify("notifications/x");
		expect(bench.limits).toEqual(["maxQueue"]);
		expect(bench.dropped).toEqual(["notification-without-room"]);
		bench.up();
		expect(bench.methods()).toEqual(["first"]);
	});

	test("finds some again when a request that waits is cancelled, or its client leaves", () => {
		const queue = { ...wide, maxQueue: 1 };
		const bench = start({ ready: false, queue });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "a1");
		a.cancel(1);
		a.ask(2, "a2");
		a.close();
		b.ask(1, "b1");
		expect(bench.limits).toEqual([]);
		bench.up();
		expect(bench.methods()).toEqual(["b1"]);
	});
});

test("a client of revision 2026-07-28 gets the errors of a full line, and of a request that took too long, under a code of its own revision", () => {
	const bench = start({
		ready: false,
		concurrency: 1,
		queue: { maxQueue: 1, maxQueueBytes: 1000 },
		timeLimits: { requestTimeoutMs: 1000, maxRequestTimeoutMs: 0 },
	});
	bench.up({ era: "modern" });
	const peer = bench.multiplexer.connect({
		era: "modern",
		errorFor: (error) => modernError(error, undefined),
	});
	const received: Message[] = [];
	for (const id of [1, 2, 3]) {
		const request = { jsonrpc: "2.0" as const, id, method: "tools/call" };
		peer.ask(request, (message) => received.push(message));
	}
	bench.pass(1000);
	const code = ErrorCode.internalError;
	expect(received).toMatchObject([
		{ id: 3, error: { code, data: { code: "QUEUE_FULL" } } },
		{ id: 1, error: { code, data: { code: "REQUEST_TIMEOUT" } } },
	]);
});
