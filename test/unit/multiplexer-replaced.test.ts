import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import {
	errorOf,
	type Members,
	type Message,
} from "../../src/protocol/messages.ts";
import {
	gone,
	initializeResult,
	listTools,
	start,
	tool,
} from "../harness/multiplexer-set-up.ts";

type Bench = ReturnType<typeof start>;

const listChanged = "notifications/tools/list_changed";
const progressOf = (messages: readonly Message[] | undefined) =>
	(messages ?? []).flatMap((message) =>
		"method" in message ? [message.params?.progress] : [],
	);

describe("a request that its child has not read", () => {
	test("goes before all that has waited, in the order in which it came", () => {
		const bench = start({ concurrency: 2 });
		const [a, b] = [bench.client(), bench.client()];
		bench.child.reads = false;
		a.ask(1, "first");
		b.ask(1, "second");
		a.ask(2, "third");
		bench.multiplexer.down(gone);
		b.ask(2, "fourth");
		bench.up();
		bench.reply(0);
		bench.reply(1);
		expect(bench.methods()).toEqual(["first", "second", "third", "fourth"]);
	});
});

describe("a subscription that its child has not read", () => {
	const params = { uri: "x:1" };

	test("goes to the next one, and its client hears of updates", () => {
		const bench = start();
		const client = bench.client();
		bench.child.reads = false;
		client.ask(1, "resources/subscribe", params);
		bench.multiplexer.down(gone);
		bench.up();
		bench.replyTo("resources/subscribe");
		expect(client.received.get(1)).toEqual([
			{ jsonrpc: "2.0", id: 1, result: {} },
		]);
		bench.notify("notifications/resources/updated", params);
		expect(client.heard).toHaveLength(1);
	});

	test.each<[string, (bench: Bench, cancel: () => void) => void]>([
		["is cancelled", (_bench, cancel) => cancel()],
		["finds no other", (bench) => bench.multiplexer.refuse(gone)],
	])("is none where it %s: nobody needs a child for it", (_what, happens) => {
		const bench = start();
		const client = bench.client();
		bench.child.reads = false;
		client.ask(1, "resources/subscribe", params);
		bench.multiplexer.down(gone);
		happens(bench, () => client.cancel(1));
		expect(client.answerTo(1)).toHaveProperty("error");
		expect(bench.multiplexer.isNeeded).toBe(false);
		bench.up();
		expect(bench.sent()).toEqual([]);
		bench.notify("notifications/resources/updated", params);
		expect(client.heard).toEqual([]);
	});
});

test("a subscription that is cancelled while the child has it, or while it waits for one, is taken back from the child", () => {
	const params = { uri: "x:1" };
	const bench = start({ concurrency: 1 });
	const client = bench.client();
	client.ask(1, "resources/subscribe", params);
	bench.multiplexer.down(gone);
	expect(client.answerTo(1)).toHaveProperty("error");
	bench.child.reads = false;
	client.ask(2, "resources/subscribe", params);
	bench.up();
	bench.multiplexer.down(gone);
	bench.up();
	// What was agreed on before is set up first; the request itself still waits.
	client.cancel(2);
	bench.replyTo("resources/subscribe");
	expect(bench.sent()).toMatchObject([
		{ method: "resources/subscribe", params },
		{ method: "resources/unsubscribe", params },
	]);
});

test("the bridge's own requests keep to what the child takes at a time: what is set up again goes before what clients wait for, the check of the lists behind it", () => {
	const bench = start({ concurrency: 1 });
	const client = bench.client();
	for (const method of ["tools/list", "prompts/list"]) {
		client.ask(method, method);
		bench.replyTo(method, {});
	}
	client.ask("level", "logging/setLevel", { level: "info" });
	bench.replyTo("logging/setLevel");
	bench.multiplexer.down(gone);
	client.ask(1, "first");
	client.ask(2, "second");
	bench.up();
	bench.multiplexer.checkLists();
	const order = [
		"logging/setLevel",
		"first",
		"second",
		"tools/list",
		"prompts/list",
	];
	for (const [index, method] of order.entries()) {
		expect(bench.methods()).toEqual(order.slice(0, index + 1));
		bench.replyTo(method);
	}
	expect(client.answerTo(2)).toHaveProperty("result");
});

test("the bridge's own requests to a child that has gone are not sent to the next", () => {
	const bench = start({ concurrency: 1 });
	const client = listTools(bench, tool("a"));
	client.ask(1, "first");
	bench.multiplexer.checkLists();
	bench.multiplexer.down(gone);
	bench.up();
	expect(bench.sent()).toEqual([]);
});

test("subscriptions are opened again in the order in which they were", () => {
	const bench = start({ ready: false });
	bench.up({ era: "modern" });
	const client = bench.client();
	const labels = ["a", "b", "c"];
	for (const label of labels) {
		client.ask(label, "subscriptions/listen", { label });
		bench.acknowledge(bench.sent().length - 1);
	}
	bench.multiplexer.down(gone);
	bench.up({ era: "modern" });
	expect(bench.sent()).toMatchObject(
		labels.map((label) => ({ params: { label } })),
	);
});

test("what a child has agreed to holds for no other: a new subscriber gets the answer of the child that is there", () => {
	const bench = start();
	const [a, b, c] = [bench.client(), bench.client(), bench.client()];
	const params = { uri: "x:1" };
	a.ask(1, "resources/subscribe", params);
	bench.reply(0);
	bench.multiplexer.down(gone);
	bench.up();
	b.ask(1, "resources/subscribe", params);
	expect(bench.methods()).toHaveLength(2);
	bench.reply(0);
	c.ask(1, "resources/subscribe", params);
	expect(c.answerTo(1)).toMatchObject({ result: {} });

	bench.multiplexer.down(gone);
	bench.up();
	const [own] = bench.sent() as { id: number }[];
	const error = { code: ErrorCode.resourceNotFound, message: "no" };
	bench.multiplexer.receive(errorOf(own?.id ?? 0, error));
	expect(bench.multiplexer.isNeeded).toBe(false);
	bench.notify("notifications/resources/updated", params);
	expect([...a.heard, ...c.heard]).toEqual([]);
});

test("a log level that its child has not read goes to the next one as its client gave it", () => {
	const bench = start();
	const [a, b] = [bench.client(), bench.client()];
	a.ask(1, "logging/setLevel", { level: "debug" });
	bench.reply(0);
	bench.child.reads = false;
	b.ask(1, "logging/setLevel", { level: "error" });
	bench.multiplexer.down(gone);
	bench.child.reads = true;
	bench.up();
	expect(bench.sent()).toMatchObject([
		{ method: "logging/setLevel", params: { level: "debug" } },
		{ method: "logging/setLevel", params: { level: "debug" } },
	]);
	bench.reply(0);
	bench.reply(1);
	b.ask(2, "tools/call", { name: "a" });
	bench.log("debug", "of no interest to b");
	bench.log("error", "of interest");
	expect(b.received.get(2)).toMatchObject([{ params: { level: "error" } }]);
});

describe("a call that its child has read", () => {
	test.each([
		{ readOnlyHint: true },
		{ idempotentHint: true },
	])("goes to the next one where the tool said %j, once and only once", (hints) => {
		const bench = start();
		const client = listTools(bench, tool("safe", hints));
		client.ask(1, "tools/call", { name: "safe", arguments: { a: 1 } });
		bench.multiplexer.down(gone);
		expect(client.received.get(1)).toEqual([]);
		bench.up();
		expect(bench.request(0)).toMatchObject({
			method: "tools/call",
			params: { name: "safe", arguments: { a: 1 } },
		});
		bench.multiplexer.down(gone);
		expect(client.received.get(1)).toEqual([
			{ jsonrpc: "2.0", id: 1, error: gone },
		]);
		bench.up();
		expect(bench.sent()).toEqual([]);
		expect(bench.calls.retried).toBe(1);
	});

	test.each<[string, Members | undefined]>([
		["said nothing of itself", undefined],
		["said that it is neither", { readOnlyHint: false, idempotentHint: false }],
	])("is answered with the error where the tool %s", (_what, hints) => {
		const bench = start();
		const client = listTools(bench, tool("danger", hints));
		client.ask(1, "tools/call", { name: "danger" });
		bench.multiplexer.down(gone);
		expect(client.received.get(1)).toEqual([
			{ jsonrpc: "2.0", id: 1, error: gone },
		]);
		bench.up();
		expect(bench.sent()).toEqual([]);
		expect(bench.calls.retried).toBe(0);
	});

	test("is answered with the error where its tool is in no answer that has passed", () => {
		const bench = start();
		const client = listTools(bench, tool("safe", { readOnlyHint: true }));
		client.ask(1, "tools/call", { name: "unlisted" });
		bench.multiplexer.down(gone);
		expect(client.answerTo(1)).toMatchObject({ error: gone });
	});

	test.each<[string, (bench: Bench) => void]>([
		["the list has changed since", (bench) => bench.notify(listChanged)],
		[
			"another program may come up next",
			(bench) => bench.multiplexer.distrust(),
		],
	])("is answered with the error where %s, whatever its tool said", (_when, happens) => {
		const bench = start();
		const client = listTools(bench, tool("safe", { readOnlyHint: true }));
		client.ask(1, "tools/call", { name: "safe" });
		happens(bench);
		bench.multiplexer.down(gone);
		expect(client.answerTo(1)).toMatchObject({ error: gone });
	});

	test("goes to the next one also where another client has listed the tool", () => {
		const bench = start();
		listTools(bench, tool("safe", { readOnlyHint: true }));
		const other = bench.client();
		other.ask(1, "tools/call", { name: "safe" });
		bench.multiplexer.down(gone);
		bench.up();
		expect(bench.methods()).toEqual(["tools/call"]);
	});
});

test.each([
	"tools/list",
	"prompts/list",
	"resources/list",
	"resources/templates/list",
])("%s goes to the next child, once and only once", (method) => {
	const bench = start();
	const client = bench.client();
	client.ask(1, method, { cursor: "x" });
	bench.multiplexer.down(gone);
	bench.up();
	expect(bench.request(0)).toMatchObject({ method, params: { cursor: "x" } });
	expect(client.received.get(1)).toEqual([]);
	bench.multiplexer.down(gone);
	expect(client.received.get(1)).toEqual([
		{ jsonrpc: "2.0", id: 1, error: gone },
	]);
});

describe("the progress of a repeated request", () => {
	const withToken = { _meta: { progressToken: "t" } };

	test("only grows: the next child is heard from where it is further than the first was", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1, "tools/list", withToken);
		bench.progress("tools/list", 1);
		bench.progress("tools/list", 5);
		bench.multiplexer.down(gone);
		bench.up();
		for (const progress of [1, 5, 5.5, 7]) {
			bench.progress("tools/list", progress);
		}
		expect(progressOf(client.received.get(1))).toEqual([1, 5, 5.5, 7]);
		expect(client.answerTo(1)).toMatchObject({
			params: { progressToken: "t" },
		});
		expect(bench.dropped).toEqual([
			"progress-of-no-request",
			"progress-of-no-request",
		]);
	});

	test("is measured against the furthest that the first child was, also where that went back", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1, "tools/list", withToken);
		bench.progress("tools/list", 5);
		bench.progress("tools/list", 2);
		bench.multiplexer.down(gone);
		bench.up();
		bench.progress("tools/list", 3);
		bench.progress("tools/list", 6);
		expect(progressOf(client.received.get(1))).toEqual([5, 2, 6]);
	});

	test("is all heard where the first child told none", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1, "tools/list", withToken);
		bench.multiplexer.down(gone);
		bench.up();
		bench.progress("tools/list", 0);
		bench.progress("tools/list", 1);
		expect(progressOf(client.received.get(1))).toEqual([0, 1]);
	});
});

test("what may not go to a child any more is refused when its turn comes, and nothing of it reaches the child", () => {
	const bench = start({ concurrency: 1 });
	const client = bench.client();
	client.ask("sub", "resources/subscribe", { uri: "denied:1" });
	bench.replyTo("resources/subscribe");
	client.ask("first", "tools/call", { name: "good" });
	client.ask("second", "tools/call", { name: "bad" });
	client.ask("third", "resources/subscribe", { uri: "denied:2" });
	const error = { code: ErrorCode.invalidParams, message: "no" };
	bench.child.refuses = ({ params }) =>
		params?.name === "bad" || String(params?.uri).startsWith("denied:")
			? error
			: undefined;
	bench.replyTo("tools/call");
	expect(client.answerTo("first")).toHaveProperty("result");
	expect(client.answerTo("second")).toMatchObject({ error });
	expect(client.answerTo("third")).toMatchObject({ error });
	bench.multiplexer.down(gone);
	bench.up();
	expect(bench.sent()).toEqual([]);
	bench.notify("notifications/resources/updated", { uri: "denied:1" });
	expect(bench.dropped).toEqual(["update-of-no-subscriber"]);
});

test("a subscription that a modern child has acknowledged is heard on a legacy one too, and not acknowledged twice", () => {
	const bench = start();
	bench.up({ era: "modern" });
	const client = bench.client();
	const notifications = { toolsListChanged: true };
	client.ask("s", "subscriptions/listen", { notifications });
	bench.acknowledge(0);
	bench.multiplexer.down(gone);
	const capabilities = { tools: { listChanged: true } };
	bench.up({ result: { ...initializeResult, capabilities } });
	bench.notify("notifications/tools/list_changed");
	expect(client.received.get("s")).toMatchObject([
		{ method: "notifications/subscriptions/acknowledged" },
		{ method: "notifications/tools/list_changed" },
	]);
});
