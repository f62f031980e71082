import { describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/messages.ts";
import { gone, start } from "../harness/multiplexer-set-up.ts";

const logs = (messages: readonly Message[] | undefined) =>
	(messages ?? [])
		.filter(
			(message) =>
				"method" in message && message.method === "notifications/message",
		)
		.map((message) => ("params" in message ? message.params?.data : undefined));

describe("progress", () => {
	test("of an answered, a cancelled or an unknown request is dropped and counted", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1, "tools/call", { _meta: { progressToken: 1 } });
		bench.reply(0);
		bench.notify("notifications/progress", {
			progressToken: bench.request(0).id,
		});
		bench.notify("notifications/progress", { progressToken: "1" });
		expect(client.received.get(1)).toHaveLength(1);
		expect(client.heard).toEqual([]);
		expect(bench.dropped).toEqual([
			"progress-of-no-request",
			"progress-of-no-request",
		]);
	});
});

describe("a log message on a shared child", () => {
	test("goes with the only request in flight", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1);
		bench.log("info", "hello");
		expect(logs(a.received.get(1))).toEqual(["hello"]);
		expect(logs(a.heard)).toEqual([]);
		expect(logs(b.heard)).toEqual([]);
	});

	test("goes to the stream of a client that has several requests in flight", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1);
		client.ask(2);
		bench.log("info", "hello");
		expect(logs(client.heard)).toEqual(["hello"]);
		expect(logs(client.received.get(1))).toEqual([]);
		expect(logs(client.received.get(2))).toEqual([]);
	});

	test("is dropped and counted while two clients have requests in flight, or none", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		bench.log("emergency", "nobody's");
		a.ask(1);
		b.ask(1);
		bench.log("emergency", "whose?");
		for (const client of [a, b]) {
			expect(client.heard).toEqual([]);
			expect(client.received.get(1)).toEqual([]);
		}
		expect(bench.dropped).toEqual([
			"log-of-no-certain-client",
			"log-of-no-certain-client",
		]);
		bench.reply(1);
		bench.log("info", "a's again");
		expect(logs(a.received.get(1))).toEqual(["a's again"]);
	});

	test("below the client's own level is dropped and counted", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask("l", "logging/setLevel", { level: "error" });
		b.ask("l", "logging/setLevel", { level: "debug" });
		bench.reply(0);
		bench.reply(1);
		a.ask(1);
		bench.log("info", "too chatty");
		bench.log("error", "fine");
		expect(logs(a.received.get(1))).toEqual(["fine"]);
		expect(bench.dropped).toEqual(["log-of-no-certain-client"]);
	});
});

test("on a child of one client logs and unknown notifications go to it, also where nothing is in flight", () => {
	const bench = start({ shared: false });
	const client = bench.client();
	bench.log("info", "early");
	bench.notify("notifications/example.com/news", { n: 1 });
	expect(client.heard).toMatchObject([
		{ method: "notifications/message" },
		{ method: "notifications/example.com/news", params: { n: 1 } },
	]);
	expect(bench.dropped).toEqual([]);
});

test.each([
	"tools",
	"prompts",
	"resources",
])("%s/list_changed goes to every client of a shared child", (kind) => {
	const bench = start();
	const clients = [bench.client(), bench.client(), bench.client()];
	clients[0]?.ask(1);
	bench.notify(`notifications/${kind}/list_changed`);
	for (const { heard } of clients) {
		expect(heard).toEqual([
			{ jsonrpc: "2.0", method: `notifications/${kind}/list_changed` },
		]);
	}
});

test("an unknown notification of a shared child goes only where it is certain whose it is", () => {
	const bench = start();
	const [a, b] = [bench.client(), bench.client()];
	bench.notify("notifications/example.com/news");
	a.ask(1);
	bench.notify("notifications/example.com/news");
	expect(a.received.get(1)).toHaveLength(1);
	expect(b.heard).toEqual([]);
	expect(bench.dropped).toEqual(["notification-of-no-certain-client"]);
});

describe("resources/updated", () => {
	const updated = "notifications/resources/updated";

	test("goes to subscribers only", () => {
		const bench = start();
		const [a, b, c] = [bench.client(), bench.client(), bench.client()];
		a.ask(1, "resources/subscribe", { uri: "x:1" });
		b.ask(1, "resources/subscribe", { uri: "x:2" });
		bench.notify(updated, { uri: "x:1" });
		expect(a.heard).toEqual([
			{ jsonrpc: "2.0", method: updated, params: { uri: "x:1" } },
		]);
		expect(b.heard).toEqual([]);
		expect(c.heard).toEqual([]);
		bench.notify(updated, { uri: "x:3" });
		expect(bench.dropped).toEqual(["update-of-no-subscriber"]);
	});

	test("ends for a client that unsubscribes, and the child hears of it only from the last one", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "resources/subscribe", { uri: "x:1" });
		bench.reply(0);
		b.ask(1, "resources/subscribe", { uri: "x:1" });
		expect(b.answerTo(1)).toMatchObject({ id: 1, result: {} });
		a.ask(2, "resources/unsubscribe", { uri: "x:1" });
		expect(a.answerTo(2)).toEqual({ jsonrpc: "2.0", id: 2, result: {} });
		expect(bench.methods()).toHaveLength(1);
		bench.notify(updated, { uri: "x:1" });
		expect(a.heard).toEqual([]);
		expect(b.heard).toHaveLength(1);
		b.ask(2, "resources/unsubscribe", { uri: "x:1" });
		expect(bench.methods().at(-1)).toBe("resources/unsubscribe");
		bench.reply(1);
		expect(b.answerTo(2)).toMatchObject({ id: 2, result: {} });
	});

	test("the last subscriber that leaves unsubscribes the child", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "resources/subscribe", { uri: "x:1" });
		bench.reply(0);
		b.ask(1, "resources/subscribe", { uri: "x:1" });
		expect(b.answerTo(1)).toMatchObject({ id: 1, result: {} });
		a.close();
		expect(bench.methods()).toHaveLength(1);
		b.close();
		expect(bench.sent().at(-1)).toMatchObject({
			method: "resources/unsubscribe",
			params: { uri: "x:1" },
		});
		bench.reply(1);
		expect(bench.multiplexer.busy).toBe(false);
	});

	test("a subscription that the child refuses is none", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1, "resources/subscribe", { uri: "x:1" });
		const { id } = bench.request(0);
		bench.multiplexer.receive({ jsonrpc: "2.0", id, error: gone });
		expect(client.answerTo(1)).toMatchObject({ error: gone });
		bench.notify(updated, { uri: "x:1" });
		expect(client.heard).toEqual([]);
	});

	test("a second subscription that the child refuses does not end the first", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1, "resources/subscribe", { uri: "x:1" });
		bench.reply(0);
		client.ask(2, "resources/subscribe", { uri: "x:1" });
		const { id } = bench.request(1);
		bench.multiplexer.receive({ jsonrpc: "2.0", id, error: gone });
		bench.notify(updated, { uri: "x:1" });
		expect(client.heard).toHaveLength(1);
	});
});

describe("logging/setLevel", () => {
	const level = (message: Message | undefined) =>
		message && "params" in message ? message.params?.level : undefined;

	test("sets the child to the most verbose level that any of its clients set", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "logging/setLevel", { level: "warning" });
		b.ask(1, "logging/setLevel", { level: "debug" });
		a.ask(2, "logging/setLevel", { level: "error" });
		expect(bench.sent().map(level)).toEqual(["warning", "debug", "debug"]);
		bench.reply(2);
		expect(a.answerTo(2)).toEqual({ jsonrpc: "2.0", id: 2, result: {} });
	});

	test("an unknown level is the child's to refuse", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1, "logging/setLevel", { level: "verbose" });
		expect(level(bench.sent()[0])).toBe("verbose");
	});
});

test("a subscription that a modern child ends is no reason to keep it any more, and that is told", () => {
	const bench = start({ ready: false });
	bench.up({ era: "modern" });
	const notifications = { resourceSubscriptions: ["x:1"] };
	bench.client().ask(1, "subscriptions/listen", { notifications });
	bench.acknowledge(0);
	expect(bench.multiplexer.isNeeded).toBe(true);
	bench.calls.quiet = 0;
	const { id: requestId } = bench.request(0);
	bench.notify("notifications/cancelled", { requestId });
	expect(bench.multiplexer.isNeeded).toBe(false);
	expect(bench.calls.quiet).toBe(1);
});
