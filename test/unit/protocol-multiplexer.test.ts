import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import {
	type Members,
	type Message,
	type Request,
	resultOf,
} from "../../src/protocol/messages.ts";
import {
	gone,
	initializeResult,
	start,
} from "../harness/multiplexer-set-up.ts";

const logs = (messages: readonly Message[] | undefined) =>
	(messages ?? [])
		.filter(
			(message) =>
				"method" in message && message.method === "notifications/message",
		)
		.map((message) => ("params" in message ? message.params?.data : undefined));

describe("before the child is ready", () => {
	test("requests and notifications of all clients wait, and go out in the order in which they came", () => {
		const bench = start({ ready: false });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(0, "tools/list");
		b.ask(0, "prompts/list");
		a.notify("notifications/x");
		b.ask("0", "resources/list");
		expect(bench.sent()).toEqual([]);
		expect(bench.calls.need).toBeGreaterThan(0);
		expect(bench.multiplexer.load).toEqual({
			clients: 2,
			inFlight: 0,
			waiting: 4,
		});
		bench.up();
		expect(bench.methods()).toEqual([
			"tools/list",
			"prompts/list",
			"notifications/x",
			"resources/list",
		]);
		bench.reply(0, { of: "a" });
		bench.reply(2, { of: "b2" });
		bench.reply(1, { of: "b1" });
		expect(a.answerTo(0)).toEqual({
			jsonrpc: "2.0",
			id: 0,
			result: { of: "a" },
		});
		expect(b.answerTo(0)).toMatchObject({ id: 0, result: { of: "b1" } });
		expect(b.answerTo("0")).toMatchObject({ id: "0", result: { of: "b2" } });
		expect(bench.multiplexer.busy).toBe(false);
	});

	test("a request that is cancelled never reaches the child and is answered at once", () => {
		const bench = start({ ready: false });
		const client = bench.client();
		client.ask(1, "a");
		client.ask(2, "b");
		client.ask(3, "c");
		client.cancel(2);
		expect(client.answerTo(2)).toMatchObject({
			id: 2,
			error: { code: ErrorCode.requestCancelled },
		});
		bench.up();
		expect(bench.methods()).toEqual(["a", "c"]);
	});

	test("a client cannot cancel what another one waits for under the same id", () => {
		const bench = start({ ready: false });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "a");
		b.cancel(1);
		bench.up();
		expect(bench.methods()).toEqual(["a"]);
		expect(a.answerTo(1)).toBeUndefined();
	});

	test("what a client that leaves had waiting is not sent", () => {
		const bench = start({ ready: false });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "a");
		a.notify("notifications/a");
		b.ask(1, "b");
		a.close();
		bench.up();
		expect(bench.methods()).toEqual(["b"]);
	});

	test("where none can be started every waiting request is answered with why, and later ones wait anew", () => {
		const bench = start({ ready: false });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1);
		b.ask("1");
		a.notify("notifications/x");
		bench.multiplexer.refuse(gone);
		expect(a.received.get(1)).toEqual([{ jsonrpc: "2.0", id: 1, error: gone }]);
		expect(b.received.get("1")).toEqual([
			{ jsonrpc: "2.0", id: "1", error: gone },
		]);
		expect(bench.dropped).toEqual(["notification-without-child"]);
		a.ask(2, "later");
		bench.up();
		expect(bench.methods()).toEqual(["later"]);
	});

	test("a request that is asked for in the answer to a refused one is kept", () => {
		const bench = start({ ready: false });
		const peer = bench.multiplexer.connect();
		const ask = (id: number, then: () => void) =>
			peer.ask({ jsonrpc: "2.0", id, method: `m${id}` }, then);
		ask(1, () => ask(2, () => {}));
		bench.multiplexer.refuse(gone);
		bench.up();
		expect(bench.methods()).toEqual(["m2"]);
	});
});

test("initialize is answered with the child's own result, whole, and never reaches it", () => {
	const bench = start();
	const client = bench.client();
	client.ask("i", "initialize", { protocolVersion: "2024-11-05" });
	expect(client.received.get("i")).toEqual([
		{ jsonrpc: "2.0", id: "i", result: initializeResult },
	]);
	expect(bench.sent()).toEqual([]);
});

test("unknown methods, params and members pass verbatim, both ways", () => {
	const bench = start();
	const client = bench.client();
	const params = { a: [null, { b: 0.1 }], _meta: { "x/y": 1 } };
	client.ask(1, "example.com/unknown", params);
	expect(bench.request(0)).toEqual({
		jsonrpc: "2.0",
		id: bench.request(0).id,
		method: "example.com/unknown",
		params,
	});
	const error = { code: 7, message: "m", data: { deep: [1] }, more: true };
	bench.multiplexer.receive({
		jsonrpc: "2.0",
		id: bench.request(0).id,
		error,
	});
	expect(client.answerTo(1)).toEqual({ jsonrpc: "2.0", id: 1, error });
});

describe("concurrency", () => {
	test("no more requests are in flight at the child than it says, the rest follow in order as answers come", () => {
		const bench = start({ concurrency: 2 });
		const [a, b] = [bench.client(), bench.client()];
		for (const id of [1, 2, 3]) {
			a.ask(id, `a${id}`);
			b.ask(id, `b${id}`);
		}
		expect(bench.methods()).toEqual(["a1", "b1"]);
		bench.reply(1);
		expect(bench.methods()).toEqual(["a1", "b1", "a2"]);
		bench.reply(0);
		bench.reply(2);
		expect(bench.methods()).toEqual(["a1", "b1", "a2", "b2", "a3"]);
		expect(bench.multiplexer.load).toMatchObject({ inFlight: 2, waiting: 1 });
	});

	test("a request that is cancelled or whose client leaves makes room for the next", () => {
		const bench = start({ concurrency: 1 });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "a1");
		b.ask(1, "b1");
		b.ask(2, "b2");
		a.cancel(1);
		expect(bench.methods()).toEqual(["a1", "notifications/cancelled", "b1"]);
		b.close();
		a.ask(3, "a3");
		expect(bench.methods().at(-1)).toBe("a3");
	});

	test("a ping waits for no turn, and holds up nobody once it is taken back", () => {
		const bench = start({ concurrency: 1 });
		const client = bench.client();
		client.ask(1, "first");
		client.ask(2, "ping");
		client.ask(3, "second");
		expect(bench.methods()).toEqual(["first", "ping"]);
		bench.reply(0);
		client.cancel(2);
		expect(bench.methods()).toEqual([
			"first",
			"ping",
			"notifications/cancelled",
			"second",
		]);
	});

	test("an answer in the bridge's stead, to a line that was too long, makes room too", () => {
		const bench = start({ concurrency: 1 });
		const client = bench.client();
		client.ask(1, "first");
		client.ask(2, "second");
		expect(bench.multiplexer.fail(Number(bench.request(0).id), gone)).toBe(
			true,
		);
		expect(client.answerTo(1)).toEqual({ jsonrpc: "2.0", id: 1, error: gone });
		expect(bench.methods()).toEqual(["first", "second"]);
		expect(bench.multiplexer.fail(4711, gone)).toBe(false);
	});
});

describe("cancellation of a request in flight", () => {
	test("reaches the child under its own id, and the asker is answered once", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(5);
		b.ask(5);
		b.cancel(5);
		expect(bench.sent().at(-1)).toEqual({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: bench.request(1).id },
		});
		bench.reply(1, { late: true });
		bench.reply(0, { of: "a" });
		expect(b.received.get(5)).toMatchObject([
			{ id: 5, error: { code: ErrorCode.requestCancelled } },
		]);
		expect(a.answerTo(5)).toMatchObject({ result: { of: "a" } });
		expect(bench.dropped).toEqual(["answer-nobody-waits-for"]);
	});

	test("of an id that the client does not have in flight is kept from the child", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1);
		b.cancel(1);
		a.cancel(2);
		a.cancel("1");
		expect(bench.sent()).toHaveLength(1);
	});
});

describe("progress", () => {
	test("goes to the request whose token it names, under the asker's own token", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "tools/call", { _meta: { progressToken: 0 } });
		b.ask(1, "tools/call", { _meta: { progressToken: "0" } });
		const token = (index: number) =>
			(bench.request(index).params as { _meta: Members })._meta.progressToken;
		expect(token(0)).not.toBe(token(1));
		bench.notify("notifications/progress", {
			progressToken: token(1),
			progress: 0.5,
			message: "half",
		});
		expect(a.received.get(1)).toEqual([]);
		expect(b.received.get(1)).toEqual([
			{
				jsonrpc: "2.0",
				method: "notifications/progress",
				params: { progressToken: "0", progress: 0.5, message: "half" },
			},
		]);
	});

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

	test("of a call that was cancelled does not go to another client", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1);
		b.ask(1);
		a.cancel(1);
		// The child has not read the cancellation yet.
		bench.log("info", "a's secret");
		expect(logs(b.received.get(1))).toEqual([]);
		expect(logs(b.heard)).toEqual([]);
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

describe("the child dies", () => {
	test("each request in flight is answered at once with why, once, and nothing that waits is", () => {
		const bench = start({ concurrency: 2 });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "first");
		b.ask(1, "second");
		a.ask(2, "third");
		bench.multiplexer.down(gone);
		expect(a.received.get(1)).toEqual([{ jsonrpc: "2.0", id: 1, error: gone }]);
		expect(b.received.get(1)).toEqual([{ jsonrpc: "2.0", id: 1, error: gone }]);
		expect(a.received.get(2)).toEqual([]);
		expect(bench.calls.need).toBeGreaterThan(0);
		bench.up();
		expect(bench.methods()).toEqual(["third"]);
		bench.reply(0, { of: "new" });
		expect(a.received.get(2)).toEqual([
			{ jsonrpc: "2.0", id: 2, result: { of: "new" } },
		]);
	});

	test("an answer under an id of the old child does not meet a request to the new one", () => {
		const bench = start();
		const client = bench.client();
		client.ask(1);
		const old = bench.request(0).id;
		bench.multiplexer.down(gone);
		bench.up();
		client.ask(2);
		expect(bench.request(0).id).not.toBe(old);
		bench.multiplexer.receive({ jsonrpc: "2.0", id: old, result: {} });
		expect(client.received.get(2)).toEqual([]);
	});

	test("level and subscriptions are set again on the new one, before anything that waits, and the clients see none of it", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "logging/setLevel", { level: "notice" });
		b.ask(1, "logging/setLevel", { level: "info" });
		a.ask(2, "resources/subscribe", { uri: "x:1" });
		for (const index of [0, 1, 2]) bench.reply(index);
		b.ask(2, "resources/subscribe", { uri: "x:1" });
		b.ask(3, "resources/subscribe", { uri: "x:2" });
		bench.reply(3);
		bench.multiplexer.down(gone);
		a.ask(4, "tools/call");
		bench.up();
		expect(bench.sent()).toMatchObject([
			{ method: "logging/setLevel", params: { level: "info" } },
			{ method: "resources/subscribe", params: { uri: "x:1" } },
			{ method: "resources/subscribe", params: { uri: "x:2" } },
			{ method: "tools/call" },
		]);
		for (const index of [0, 1, 2]) bench.reply(index);
		expect(a.received.get(4)).toEqual([]);
		expect(a.heard).toEqual([]);
		bench.notify("notifications/resources/updated", { uri: "x:1" });
		expect(a.heard).toHaveLength(1);
		expect(b.heard).toHaveLength(1);
	});

	test("an open question of it is withdrawn from the client, whose answer then goes nowhere", () => {
		const bench = start({ shared: false });
		const client = bench.client();
		bench.question("q");
		const [asked] = client.heard as Request[];
		bench.multiplexer.down(gone);
		expect(client.heard.at(-1)).toMatchObject({
			method: "notifications/cancelled",
			params: { requestId: asked?.id },
		});
		bench.up();
		client.answer({ jsonrpc: "2.0", id: asked?.id ?? "", result: {} });
		expect(bench.sent()).toEqual([]);
		expect(bench.dropped).toEqual(["answer-to-no-question"]);
	});
});

test("a child that is to end gets nothing more, its answers still come, and what waits goes to the next", () => {
	const bench = start();
	const client = bench.client();
	client.ask(1, "first");
	bench.multiplexer.hold();
	client.ask(2, "second");
	expect(bench.methods()).toEqual(["first"]);
	bench.reply(0, { ok: true });
	expect(client.answerTo(1)).toMatchObject({ result: { ok: true } });
	bench.multiplexer.down(gone);
	bench.up();
	expect(bench.methods()).toEqual(["second"]);
});

describe("what the server asks", () => {
	test("goes to the client of an unshared child, with its request, and the answer back under the child's id", () => {
		const bench = start({ shared: false });
		const client = bench.client();
		client.ask(0, "tools/call");
		bench.question(0, "sampling/createMessage", { maxTokens: 1 });
		bench.question("0", "elicitation/create");
		const [first, second] = client.received.get(0) as Request[];
		expect(first).toMatchObject({
			method: "sampling/createMessage",
			params: { maxTokens: 1 },
		});
		expect(first?.id).not.toBe(second?.id);
		client.answer({ jsonrpc: "2.0", id: second?.id ?? "", result: { n: 2 } });
		client.answer({ jsonrpc: "2.0", id: first?.id ?? "", error: gone });
		expect(bench.sent().slice(1)).toEqual([
			{ jsonrpc: "2.0", id: "0", result: { n: 2 } },
			{ jsonrpc: "2.0", id: 0, error: gone },
		]);
	});

	test("goes to the stream of a client with nothing in flight, and is withdrawn there", () => {
		const bench = start({ shared: false });
		const client = bench.client();
		bench.question(9, "roots/list");
		const [asked] = client.heard as Request[];
		bench.notify("notifications/cancelled", { requestId: 9, reason: "late" });
		expect(client.heard.at(-1)).toEqual({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: asked?.id, reason: "late" },
		});
	});

	test("on a shared child is refused and goes to nobody", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1);
		bench.question("q", "roots/list");
		expect(bench.sent().at(-1)).toMatchObject({
			id: "q",
			error: { code: ErrorCode.methodNotFound },
		});
		expect([a.heard, b.heard, a.received.get(1)]).toEqual([[], [], []]);
		expect(bench.dropped).toEqual(["question-on-shared-child"]);
	});

	test("an answer of another client than the one that was asked goes nowhere", () => {
		const bench = start();
		const client = bench.client();
		client.answer({ jsonrpc: "2.0", id: 1, result: {} });
		expect(bench.sent()).toEqual([]);
		expect(bench.dropped).toEqual(["answer-to-no-question"]);
	});

	test("an open question to a client that leaves is answered to the child", () => {
		const bench = start({ shared: false });
		const client = bench.client();
		bench.question("q");
		client.close();
		expect(bench.sent()).toMatchObject([
			{ id: "q", error: { code: ErrorCode.requestCancelled } },
		]);
	});
});

test.each([
	true,
	false,
])("a ping of the child is answered and reaches no client (shared: %s)", (shared) => {
	const bench = start({ shared });
	const client = bench.client();
	client.ask(1);
	bench.question("p", "ping");
	expect(bench.sent().at(-1)).toEqual({
		jsonrpc: "2.0",
		id: "p",
		result: {},
	});
	expect(client.heard).toEqual([]);
	expect(client.received.get(1)).toEqual([]);
});

test("what one client says of itself never reaches a shared child, and reaches its own", () => {
	const shared = start();
	shared.client().notify("notifications/roots/list_changed");
	shared.client().notify("notifications/progress", { progressToken: 1 });
	expect(shared.sent()).toEqual([]);
	expect(shared.dropped).toEqual([
		"client-state-on-shared-child",
		"client-state-on-shared-child",
	]);
	const own = start({ shared: false });
	own.client().notify("notifications/roots/list_changed");
	expect(own.methods()).toEqual(["notifications/roots/list_changed"]);
});

test("the questions of a child that nobody answers are bounded: one more is answered with an error, and each answer makes room", () => {
	const bench = start({ shared: false });
	const client = bench.client();
	client.ask(1);
	for (let id = 0; id < 1000; id++) bench.question(id);
	expect(bench.sent()).toHaveLength(1);
	bench.question("more");
	expect(bench.sent().at(-1)).toMatchObject({
		id: "more",
		error: { code: ErrorCode.limitReached },
	});
	expect(bench.dropped).toEqual(["question-too-many"]);
	const [first] = client.received.get(1) as { id: number }[];
	client.answer(resultOf(first?.id ?? 0, {}));
	bench.question("again");
	expect(client.received.get(1)).toHaveLength(1001);
});

test("so are their bytes, of more than one question", () => {
	const bench = start({ shared: false });
	const client = bench.client();
	client.ask(1);
	const text = "x".repeat(5 * 2 ** 20);
	bench.question("large", "sampling/createMessage", { text });
	bench.question("small");
	expect(client.received.get(1)).toHaveLength(1);
	expect(bench.sent().at(-1)).toMatchObject({ id: "small", error: {} });
	bench.notify("notifications/cancelled", { requestId: "large" });
	bench.question("next");
	expect(client.received.get(1)).toHaveLength(3);
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

test("a client's answer that cannot be written is an error to the child, which waits for it", () => {
	const bench = start({ shared: false });
	const client = bench.client();
	client.ask(1);
	bench.child.canWrite = (message) => !("result" in message);
	bench.question("q");
	const [asked] = client.received.get(1) as { id: number }[];
	client.answer(resultOf(asked?.id ?? 0, {}));
	expect(bench.sent().at(-1)).toMatchObject({ id: "q", error: {} });
});

describe("a client that leaves", () => {
	test("has its requests in flight cancelled at the child, and another's stay", () => {
		const bench = start();
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1);
		b.ask(1);
		a.close();
		a.close();
		expect(bench.sent().slice(2)).toMatchObject([
			{
				method: "notifications/cancelled",
				params: { requestId: bench.request(0).id },
			},
		]);
		expect(bench.multiplexer.load).toEqual({
			clients: 1,
			inFlight: 1,
			waiting: 0,
		});
		bench.reply(0, { late: true });
		bench.reply(1, { of: "b" });
		expect(b.answerTo(1)).toMatchObject({ result: { of: "b" } });
	});

	test("hears nothing more", () => {
		const bench = start();
		const client = bench.client();
		client.close();
		bench.notify("notifications/tools/list_changed");
		expect(client.heard).toEqual([]);
	});

	test.each([
		"in flight",
		"waiting",
	])("has a request %s answered, since whoever carries it waits for that", (where) => {
		const bench = start({ ready: where === "in flight" });
		const client = bench.client();
		client.ask(1);
		client.close();
		expect(client.received.get(1)).toMatchObject([
			{ id: 1, error: { code: expect.any(Number) } },
		]);
	});
});

test("it says when nothing is in flight any more, so that idleness can be timed", () => {
	const bench = start();
	const client = bench.client();
	client.ask(1);
	client.ask(2);
	bench.calls.quiet = 0;
	bench.reply(0);
	expect(bench.calls.quiet).toBe(0);
	bench.reply(1);
	expect(bench.calls.quiet).toBe(1);
});
