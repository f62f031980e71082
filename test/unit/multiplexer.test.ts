import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import {
	gone,
	initializeResult,
	start,
} from "../harness/multiplexer-set-up.ts";

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

	test("a client cannot cancel what another one waits for under the same id", () => {
		const bench = start({ ready: false });
		const [a, b] = [bench.client(), bench.client()];
		a.ask(1, "a");
		b.cancel(1);
		bench.up();
		expect(bench.methods()).toEqual(["a"]);
		expect(a.answerTo(1)).toBeUndefined();
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
		const peer = bench.multiplexer.connect({ era: "legacy" });
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

describe("the child dies", () => {
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
