import { describe, expect, test } from "vitest";
import { gone, start } from "../harness/multiplexer-set-up.ts";

const asked = { _meta: { progressToken: "p" } };
const within = (requestTimeoutMs: number, maxRequestTimeoutMs = 0) => ({
	timeLimits: { requestTimeoutMs, maxRequestTimeoutMs },
});
const overdue = (limit: string, timeoutMs: number, wasSent = true) => ({
	error: {
		code: -32001,
		data: {
			code: "REQUEST_TIMEOUT",
			server: "fake",
			limit,
			timeoutMs,
			wasSent,
		},
	},
});

describe("a request that the child does not answer in time", () => {
	test("is answered with an error that says so, the child is told why to stop, and it is counted", () => {
		const bench = start(within(1000));
		const client = bench.client();
		client.ask("mine", "tools/call");
		bench.pass(999);
		expect(client.answerTo("mine")).toBeUndefined();
		bench.pass(1);
		expect(client.answerTo("mine")).toMatchObject({
			id: "mine",
			...overdue("requestTimeoutMs", 1000),
		});
		expect(bench.sent().at(-1)).toEqual({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: {
				requestId: bench.request(0).id,
				reason: expect.stringMatching(/"fake".*"tools\/call".*1000 ms/),
			},
		});
		expect(bench.limits).toEqual(["requestTimeoutMs"]);
	});

	test("gives its turn to the next one, which has all of its own time, and a late answer goes to nobody", () => {
		const bench = start({ concurrency: 1, ...within(1000) });
		const client = bench.client();
		client.ask(1);
		client.ask(2);
		bench.pass(1000);
		expect(client.answerTo(1)).toMatchObject(overdue("requestTimeoutMs", 1000));
		expect(bench.multiplexer.load).toMatchObject({ inFlight: 1, waiting: 0 });
		bench.reply(0, { late: true });
		expect(bench.dropped).toEqual(["answer-nobody-waits-for"]);
		bench.pass(999);
		bench.reply(1, { a: 1 });
		expect(client.answerTo(2)).toMatchObject({ result: { a: 1 } });
		expect(client.received.get(1)).toHaveLength(1);
		expect(bench.clock.timers).toBe(0);
	});

	test("of two that were sent at different times ends at its own", () => {
		const bench = start(within(1000));
		const client = bench.client();
		client.ask(1);
		bench.pass(600);
		client.ask(2);
		bench.pass(400);
		expect(client.answerTo(1)).toBeDefined();
		bench.pass(599);
		expect(client.answerTo(2)).toBeUndefined();
		bench.pass(1);
		expect(client.answerTo(2)).toBeDefined();
	});

	test("ends at its own time also where another got its turn meanwhile", () => {
		const bench = start({ concurrency: 2, ...within(1000) });
		const client = bench.client();
		client.ask(1);
		bench.pass(500);
		client.ask(2);
		client.ask(3);
		bench.pass(500);
		// 3 has been sent.
		expect(bench.multiplexer.load).toMatchObject({ inFlight: 2, waiting: 0 });
		bench.pass(500);
		expect(client.answerTo(2)).toBeDefined();
		expect(client.answerTo(3)).toBeUndefined();
	});

	test("that subscribes to a resource leaves no subscription behind", () => {
		const bench = start(within(1000));
		const client = bench.client();
		client.ask(1, "resources/subscribe", { uri: "a:b" });
		bench.pass(1000);
		expect(bench.methods().at(-1)).toBe("resources/unsubscribe");
		expect(bench.multiplexer.isNeeded).toBe(true);
		bench.replyTo("resources/unsubscribe");
		expect(bench.multiplexer.isNeeded).toBe(false);
	});

	test("is no refusal: a subscription that a new child is slow with is still wanted, of it and of the next one", () => {
		const bench = start(within(1000));
		const client = bench.client();
		client.ask(1, "resources/subscribe", { uri: "a:b" });
		bench.reply(0);
		for (let child = 0; child < 2; child++) {
			bench.multiplexer.down(gone);
			bench.up();
			expect(bench.methods()).toEqual(["resources/subscribe"]);
			bench.pass(1000);
		}
		bench.notify("notifications/resources/updated", { uri: "a:b" });
		expect(client.heard).toHaveLength(1);
	});

	test("may still be speaking: a log line after it goes to nobody", () => {
		const bench = start(within(1000));
		const [late, other] = [bench.client(), bench.client()];
		late.ask(1);
		bench.pass(1000);
		other.ask(1);
		bench.log("info", "whose?");
		expect(other.received.get(1)).toEqual([]);
		expect(bench.dropped).toEqual(["log-of-no-certain-client"]);
	});
});

describe("progress", () => {
	test("gives a request as much time again, however often, and others nothing", () => {
		const bench = start(within(1000));
		const client = bench.client();
		client.ask(1, "slow", asked);
		client.ask(2, "silent", asked);
		for (const progress of [1, 2, 3]) {
			bench.pass(900);
			bench.progress("slow", progress);
		}
		expect(client.answerTo(2)).toMatchObject(overdue("requestTimeoutMs", 1000));
		bench.pass(999);
		bench.replyTo("slow", { done: true });
		expect(client.answerTo(1)).toMatchObject({ result: { done: true } });
	});

	test("extends nothing beyond maxRequestTimeoutMs, which holds by itself too", () => {
		for (const timeout of [1000, 0]) {
			const bench = start(within(timeout, 2500));
			const client = bench.client();
			client.ask(1, "slow", asked);
			for (const progress of [1, 2]) {
				bench.pass(900);
				bench.progress("slow", progress);
			}
			bench.pass(699);
			expect(client.received.get(1)).toHaveLength(2);
			bench.pass(1);
			expect(client.answerTo(1)).toMatchObject(
				overdue("maxRequestTimeoutMs", 2500),
			);
			expect(bench.limits).toEqual(["maxRequestTimeoutMs"]);
		}
	});
});

describe("a request that waits", () => {
	test("for its turn is refused after the same time, and never sent", () => {
		const bench = start({ concurrency: 1, ...within(1000) });
		const client = bench.client();
		client.ask(1, "slow", asked);
		client.ask(2, "waits");
		bench.pass(900);
		bench.progress("slow", 1);
		bench.pass(99);
		expect(client.answerTo(2)).toBeUndefined();
		bench.pass(1);
		expect(client.answerTo(2)).toMatchObject(
			overdue("requestTimeoutMs", 1000, false),
		);
		bench.replyTo("slow");
		expect(bench.methods()).toEqual(["slow"]);
	});

	test("for a child to start does not count: the start has its own limit", () => {
		const bench = start({ ready: false, concurrency: 1, ...within(1000) });
		const client = bench.client();
		client.ask(1);
		client.ask(2);
		bench.pass(30_000);
		bench.up();
		bench.pass(999);
		bench.reply(0);
		expect(bench.methods()).toHaveLength(2);
		bench.pass(999);
		bench.reply(1);
		expect(client.answerTo(2)).toMatchObject({ result: {} });
		expect(bench.limits).toEqual([]);
	});
});

test("a subscription never times out, neither open nor in line", () => {
	const bench = start({ ready: false, ...within(1000, 1000) });
	bench.up({ era: "modern" });
	const client = bench.client();
	client.ask(1, "subscriptions/listen");
	bench.child.isBehind = true;
	client.ask(2, "subscriptions/listen");
	bench.pass(60_000);
	bench.child.isBehind = false;
	bench.multiplexer.caughtUp();
	bench.pass(60_000);
	expect(client.answerTo(1)).toBeUndefined();
	expect(client.answerTo(2)).toBeUndefined();
	expect(bench.methods()).toHaveLength(2);
});

describe("while a client is asked something", () => {
	test("its request has all the time, and both limits begin anew with the answer", () => {
		const bench = start({ shared: false, ...within(1000, 1500) });
		const client = bench.client();
		client.ask(1);
		bench.pass(900);
		bench.question("q");
		const [question] = client.received.get(1) ?? [];
		bench.pass(60_000);
		expect(client.received.get(1)).toHaveLength(1);
		client.answer({
			jsonrpc: "2.0",
			id: (question as { id: number }).id,
			result: {},
		});
		bench.pass(999);
		expect(client.received.get(1)).toHaveLength(1);
		bench.pass(1);
		expect(client.answerTo(1)).toMatchObject(overdue("requestTimeoutMs", 1000));
	});

	test("a request that was sent after the question, and so does not wait for it, has no more time than others", () => {
		const bench = start({ shared: false, ...within(1000) });
		const client = bench.client();
		bench.question("q", "roots/list");
		client.ask(1);
		bench.pass(1000);
		expect(client.answerTo(1)).toMatchObject(overdue("requestTimeoutMs", 1000));
	});

	test("the answer to a question from before it is no answer to the one that a request waits for", () => {
		const bench = start({ shared: false, ...within(1000) });
		const client = bench.client();
		bench.question("before", "roots/list");
		const [{ id } = { id: 0 }] = client.heard as { id: number }[];
		client.ask(1);
		bench.question("meanwhile");
		client.answer({ jsonrpc: "2.0", id, result: {} });
		bench.pass(60_000);
		expect(client.received.get(1)).toHaveLength(1);
	});

	test("a question that the child takes back lets the time run again", () => {
		const bench = start({ shared: false, ...within(1000) });
		const client = bench.client();
		client.ask(1);
		bench.question("q");
		bench.pass(5000);
		bench.notify("notifications/cancelled", { requestId: "q" });
		bench.pass(1000);
		expect(client.answerTo(1)).toMatchObject(overdue("requestTimeoutMs", 1000));
	});
});

test("without limits no timer runs, and with them none outlives the last request", () => {
	const unlimited = start();
	unlimited.client().ask(1);
	expect(unlimited.clock.timers).toBe(0);
	const bench = start({ concurrency: 1, ...within(1000) });
	const client = bench.client();
	for (const end of [
		() => bench.reply(0),
		() => client.cancel(1),
		() => client.close(),
	]) {
		client.ask(1);
		expect(bench.clock.timers).toBe(1);
		end();
		expect(bench.clock.timers).toBe(0);
	}
});
