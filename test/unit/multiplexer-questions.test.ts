import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { type Request, resultOf } from "../../src/protocol/messages.ts";
import { gone, start } from "../harness/multiplexer-set-up.ts";

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
