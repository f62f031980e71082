import { describe, expect, test } from "vitest";
import { ExactNumber } from "../../src/protocol/json.ts";
import {
	errorOf,
	type Id,
	type Members,
	resultOf,
} from "../../src/protocol/messages.ts";
import { metaKey, metaOf } from "../../src/protocol/meta.ts";
import { start } from "../harness/multiplexer-set-up.ts";

/** A call that is in flight under 0, and its id at the child. */
function asked() {
	const bench = start();
	const client = bench.client();
	const params = { _meta: { progressToken: "mine", trace: 1 } };
	client.ask(0, "tools/call", params);
	return { bench, client, id: Number(bench.request(0).id) };
}

test('0 and "0" are two ids of one client, in flight at the same time, and to its cancellation', () => {
	const bench = start();
	const client = bench.client();
	client.ask(0, "number");
	client.ask("0", "text");
	client.cancel("0");
	bench.replyTo("number", { of: "number" });
	expect(client.answerTo("0")).toMatchObject({ id: "0", error: {} });
	expect(client.answerTo(0)).toMatchObject({ id: 0, result: {} });
});

test.each([
	(id: Id) => id,
	String,
	(id: Id) => `${id}.0`,
	(id: Id) => new ExactNumber(`${id}.0`),
])("a child may give the bridge's ids back in another notation: %#", (as) => {
	const { bench, client, id } = asked();
	const progress = new ExactNumber("1.0");
	bench.notify("notifications/progress", { progressToken: as(id), progress });
	bench.multiplexer.receive(resultOf(as(id), {}));
	expect(client.received.get(0)).toEqual([
		{
			jsonrpc: "2.0",
			method: "notifications/progress",
			params: { progressToken: "mine", progress },
		},
		{ jsonrpc: "2.0", id: 0, result: {} },
	]);
	expect(bench.multiplexer.load.inFlight).toBe(0);
});

test.each([
	"",
	" ",
	"one",
	"-1",
	"1e1",
	"0x1",
	true,
	null,
	undefined,
	{},
	4711,
])("%o is none of the bridge's ids: what comes under it answers nothing, and is counted", (id) => {
	const { bench, client } = asked();
	bench.multiplexer.receive(resultOf(id as Id, {}));
	bench.multiplexer.receive(errorOf(id as Id, { code: -32700, message: "" }));
	expect(client.received.get(0)).toEqual([]);
	expect(bench.multiplexer.load.inFlight).toBe(1);
	expect(bench.dropped).toEqual(Array(2).fill("answer-under-unknown-id"));
});

test("a request is cancelled by its number, however that is written", () => {
	const bench = start();
	const client = bench.client();
	const ids = ["9007199254740992", "9007199254740993"].map(
		(text) => new ExactNumber(text),
	);
	for (const id of ids) client.ask(id);
	client.cancel(new ExactNumber("9007199254740993.0"));
	const [first, second] = ids;
	expect(client.answerTo(first as Id)).toBeUndefined();
	expect(client.answerTo(second as Id)).toHaveProperty("error");
});

describe("a progress token", () => {
	test("that is neither string nor number is passed on as it is", () => {
		const bench = start();
		const _meta = { progressToken: { a: 1 } };
		bench.client().ask(7, "m", { _meta });
		expect(bench.request(0).params).toEqual({ _meta });
	});

	test("is the request's id at the child, and the rest of its _meta stays", () => {
		const { bench, id } = asked();
		expect(bench.request(0).params).toEqual({
			_meta: { progressToken: id, trace: 1 },
		});
	});

	test("that nobody gave belongs to nobody, also under the id that the child saw", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1);
		for (const progressToken of [bench.request(0).id, undefined, {}]) {
			bench.notify("notifications/progress", { progressToken, progress: 1 });
		}
		expect(client.received.get(1)).toEqual([]);
		expect(bench.dropped).toEqual(Array(3).fill("progress-of-no-request"));
	});
});

/** A modern child, and a client that subscribes there. */
function modern() {
	const bench = start({ ready: false });
	bench.up({ era: "modern" });
	const client = bench.client();
	return {
		bench,
		client,
		listen(id: Id, notifications: unknown = {}) {
			client.ask(id, "subscriptions/listen", { notifications });
			return bench.sent().length - 1;
		},
		tell(subscriptionId: unknown) {
			const _meta = { "x/y": 1, [metaKey.subscriptionId]: subscriptionId };
			bench.notify("notifications/tools/list_changed", { _meta });
		},
	};
}

describe("a subscription at a modern child", () => {
	test.each<Id>([
		"s",
		"0",
		0,
		"",
	])("is known to its client under its own id, %j, in all that is said of it", (id) => {
		const { bench, client, listen, tell } = modern();
		const index = listen(id);
		bench.acknowledge(index);
		tell(bench.request(index).id);
		bench.reply(index, { resultType: "complete" });
		const [acknowledged, changed, end] = client.received.get(id) ?? [];
		for (const message of [acknowledged, changed]) {
			const meta = message && "params" in message && metaOf(message.params);
			expect(meta).toHaveProperty([metaKey.subscriptionId], id);
		}
		expect(changed).toHaveProperty(["params", "_meta", "x/y"], 1);
		expect(end).toEqual(
			resultOf(id, {
				resultType: "complete",
				_meta: { [metaKey.subscriptionId]: id },
			}),
		);
	});

	test("is named by its id alone: what names another request, or none, is nobody's", () => {
		const { bench, client, listen, tell } = modern();
		listen("s");
		client.ask("call");
		for (const other of [bench.request(1).id, "s", 99, undefined, null]) {
			tell(other);
		}
		expect(client.received.get("s")).toEqual([]);
		expect(client.received.get("call")).toEqual([]);
		const kind = "notification-of-no-request";
		expect(bench.dropped).toEqual(Array(5).fill(kind));
	});

	test("is ended by the child's cancellation of it, once, and no other request is", () => {
		const { bench, client, listen } = modern();
		const { id } = bench.request(listen("own"));
		client.ask(2);
		const cancelled = (requestId: unknown) =>
			bench.notify("notifications/cancelled", { requestId });
		for (const other of [bench.request(1).id, "own", 99, undefined, null]) {
			cancelled(other);
		}
		expect(client.received.get("own")).toEqual([]);
		expect(bench.multiplexer.load.inFlight).toBe(1);
		cancelled(id);
		cancelled(id);
		// A server may answer it besides.
		bench.multiplexer.receive(resultOf(id, {}));
		expect(client.received.get("own")).toHaveLength(1);
	});

	test("that is refused is refused as every request", () => {
		const { bench, client, listen } = modern();
		listen("own");
		bench.refuseTo("subscriptions/listen", -32601);
		expect(client.received.get("own")).toMatchObject([
			{ id: "own", error: { code: -32601 } },
		]);
	});
});

describe("a log message of a modern child", () => {
	const wanting = (level?: string): Members => ({
		_meta: level === undefined ? {} : { [metaKey.logLevel]: level },
	});

	test.each<
		[levels: (string | undefined)[], level: string, of: number | undefined]
	>([
		[[undefined, "warning"], "error", 1],
		[[undefined, "warning"], "warning", 1],
		[[undefined, "warning"], "info", undefined],
		[["debug", "error"], "error", undefined],
		[["debug", "error"], "info", 0],
		[[undefined, "loud"], "emergency", undefined],
		[["info"], "loud", undefined],
	])("is of the only request that wants one so severe (%j, %s)", (levels, level, of) => {
		const { bench, client, listen } = modern();
		// One that is open carries none.
		listen("s");
		for (const [id, wanted] of levels.entries()) {
			client.ask(id, "tools/call", wanting(wanted));
		}
		bench.log(level, "said");
		for (const id of levels.keys()) {
			expect(client.received.get(id)).toHaveLength(id === of ? 1 : 0);
		}
		expect(client.received.get("s")).toEqual([]);
		const dropped = of === undefined ? ["log-of-no-certain-request"] : [];
		expect(bench.dropped).toEqual(dropped);
	});

	test("is nobody's while one that wanted it may still be at work, though it was cancelled", () => {
		const { bench, client } = modern();
		client.ask(1, "tools/call", wanting("debug"));
		client.ask(2, "tools/call", wanting("debug"));
		client.cancel(1);
		bench.log("error", "whose?");
		expect(client.received.get(2)).toEqual([]);
		bench.reply(0);
		bench.log("error", "of 2");
		expect(client.received.get(2)).toHaveLength(1);
	});
});

test("what a request says of its client reaches a modern child unchanged", () => {
	const { bench, client } = modern();
	const _meta = { [metaKey.clientInfo]: { name: "n" }, traceparent: "t" };
	client.ask(1, "tools/call", { name: "a", _meta });
	expect(bench.request(0)).toEqual({
		jsonrpc: "2.0",
		id: bench.request(0).id,
		method: "tools/call",
		params: { name: "a", _meta },
	});
});
