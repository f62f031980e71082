import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Message } from "../../src/protocol/messages.ts";
import { held, pooled } from "../harness/pooled.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const failure = { code: -32000, message: "it does not start" };
const elicit = (id: string): Message => ({
	jsonrpc: "2.0",
	id,
	method: "elicitation/create",
	params: {},
});

describe("a call", () => {
	test("gets a child for itself when that is ready, and the next one another", () => {
		const { backends, leases, take } = pooled();
		const [first, second] = [take(), take()];
		expect(backends()).toHaveLength(2);
		expect(leases.waiting).toBe(2);
		expect([first.lease, second.lease]).toEqual([undefined, undefined]);
		for (const backend of backends()) backend.ready();
		expect(held(first).serverInfo).toEqual({ name: "s" });
		expect(held(first).peer).toBe(backends()[0]?.peers[0]);
		expect(held(second).peer).toBe(backends()[1]?.peers[0]);
		expect(leases.waiting).toBe(0);
	});

	test("gets the one that another client of the same kind has given back, at once", () => {
		const { backends, take } = pooled();
		const first = take();
		backends()[0]?.ready();
		held(first).release(false, []);
		expect(held(take()).peer).toBe(held(first).peer);
		expect(backends()).toHaveLength(1);
	});

	test("on which another call of the same client is gets another one, and so does a request of it that need not be asked anything, where there is one", () => {
		const { backends, connect, take } = pooled();
		const [first, second] = [take(), take()];
		for (const backend of backends()) backend.ready();
		held(second).release(false, []);
		expect(connect({ elicitation: {} }).backend).toBe(backends()[1]);
		expect(held(take()).peer).toBe(held(second).peer);
		// Where all are taken it shares one.
		expect(backends()).toContain(connect({ elicitation: {} }).backend);
		expect(backends()).toHaveLength(2);
		expect(first.lease).toBeDefined();
	});

	test("of another principal gets another child, whoever has given one back", () => {
		const { backends, take } = pooled();
		const first = take("a");
		backends()[0]?.ready();
		held(first).release(false, []);
		take("b");
		expect(backends()).toHaveLength(2);
	});

	test("is answered with why where no child can be started, and whoever waits tries again", () => {
		const { backends, take } = pooled({ maxAskingCalls: 1 });
		const [first, second] = [take(), take()];
		backends()[0]?.refuse(failure);
		expect(first.error).toEqual(failure);
		expect(second).toEqual({ giveUp: expect.any(Function) });
		backends()[0]?.ready();
		expect(second.lease).toBeDefined();
	});

	test("that has given up gets none, neither in line nor while its child starts, which is the next one's", () => {
		const { backends, leases, take } = pooled({ maxAskingCalls: 1 });
		const [starting, waiting, last] = [take(), take(), take()];
		waiting.giveUp();
		starting.giveUp();
		expect(leases.waiting).toBe(2);
		backends()[0]?.ready();
		expect([starting, waiting]).toEqual(
			Array(2).fill({ giveUp: expect.any(Function) }),
		);
		expect(last.lease).toBeDefined();
		expect(backends()).toHaveLength(1);
	});
});

describe("bounds", () => {
	test("no more calls than maxAskingCalls are at work, and the rest have their turns in order", () => {
		const { backends, take } = pooled({ maxAskingCalls: 2 });
		const calls = [1, 2, 3, 4].map(() => take());
		expect(backends()).toHaveLength(2);
		for (const backend of backends()) backend.ready();
		const served = () => calls.map(({ lease }) => lease !== undefined);
		expect(served()).toEqual([true, true, false, false]);
		held(calls[1]).release(false, []);
		expect(served()).toEqual([true, true, true, false]);
		held(calls[0]).release(false, []);
		expect(served()).toEqual([true, true, true, true]);
		expect(backends()).toHaveLength(2);
	});

	test("a call that waits for its client takes nobody's turn meanwhile", () => {
		const { backends, take } = pooled({ maxAskingCalls: 1 });
		const [first, second, third] = [take(), take(), take()];
		backends()[0]?.ready();
		held(first).suspended = true;
		expect(held(first).suspended).toBe(true);
		backends()[1]?.ready();
		expect(held(second).peer).not.toBe(held(first).peer);
		expect(third.lease).toBeUndefined();
		held(first).suspended = false;
		held(second).release(false, []);
		expect(held(third).peer).toBe(held(second).peer);
	});

	test("a client with a state of its own has one child, however many calls", () => {
		const { backends, take } = pooled({ isolation: "session" });
		const [first, second] = [take("me"), take("me")];
		backends()[0]?.ready();
		expect(backends()).toHaveLength(1);
		expect(second.lease).toBeUndefined();
		held(first).release(true, []);
		expect(held(second).peer).toBe(held(first).peer);
		// Nor does it lose the state for having been told something.
		expect(backends()[0]?.done).toEqual([]);
	});

	test.each<[limit: string, bounds: object, params?: object]>([
		["maxQueue", { maxQueue: 2 }],
		["maxQueueBytes", { maxQueueBytes: 200 }, { text: "x".repeat(100) }],
	])("what would wait beyond %s is refused, and there is room again when one has given up", (limit, bounds, params = {}) => {
		const { limits, take } = pooled({ maxAskingCalls: 1, ...bounds });
		const [, second] = [take("a", {}), take("a", {})];
		const refused = take("a", { ...params });
		expect(refused.error).toMatchObject({
			code: -32005,
			data: { code: "QUEUE_FULL", server: "fake", limit },
		});
		expect(limits).toEqual([limit]);
		second?.giveUp();
		expect(take("a", {}).error).toBeUndefined();
		expect(limits).toHaveLength(1);
	});

	test("a call that gets a child at once is not refused, also where nothing may wait", () => {
		const { backends, limits, take } = pooled({ maxQueue: 0 });
		const first = take();
		backends()[0]?.ready();
		held(first).release(false, []);
		expect(take().lease).toBeDefined();
		expect(limits).toEqual([]);
	});
});

describe("a child that is given back", () => {
	test("is replaced where an anonymous client has told it something, after what others have in flight", async () => {
		const { backends, take } = pooled();
		const first = take();
		const [child] = backends();
		child?.ready();
		expect(held(first).isFresh).toBe(true);
		held(first).release(false, []);
		const second = take();
		expect(held(second).isFresh).toBe(false);
		held(second).release(true, []);
		await Promise.resolve();
		expect(child?.done).toEqual(["restart 10000", "warm"]);
		child?.ready();
		expect(held(take()).isFresh).toBe(true);
	});

	test("is not where the client is known: whoever comes next is the same", () => {
		const { backends, take } = pooled();
		const first = take("me");
		backends()[0]?.ready();
		held(first).release(true, []);
		expect(backends()[0]?.done).toEqual([]);
	});

	test("is ended when it has been idle for long enough, and not while a call has it or it starts for one", () => {
		const { backends, pool, take } = pooled();
		const call = take();
		const [child] = backends();
		vi.advanceTimersByTime(10 * 60_000);
		expect(pool.endIdle()).toBe(false);
		child?.ready();
		vi.advanceTimersByTime(10 * 60_000);
		expect(pool.endIdle()).toBe(false);
		expect(child?.done).toEqual([]);
		held(call).release(false, []);
		vi.advanceTimersByTime(60_000);
		expect(child?.done).toEqual(["stop 0"]);
	});

	test("is asked for by nobody whom it is leaving", () => {
		const { backends, take } = pooled();
		const call = take();
		backends()[0]?.ready();
		held(call).release(false, []);
		vi.advanceTimersByTime(60_000);
		take();
		expect(backends()).toHaveLength(2);
	});
});

describe("what a child asks while no call has it", () => {
	/** A child that a call has had and given back, with a question open. */
	function idle() {
		const opened = pooled();
		const call = opened.take();
		const [child] = opened.backends();
		child?.ready();
		held(call).release(false, [elicit("open") as never]);
		return { ...opened, child, peer: child?.peers[0] };
	}
	const idsOf = (questions: readonly { id: unknown }[] = []) =>
		questions.map(({ id }) => id);

	test("is the next one's to answer, with what the one before has left open, and once", () => {
		const { peer, take } = idle();
		peer?.say(elicit("later"));
		const next = take();
		expect(idsOf(held(next).questions)).toEqual(["open", "later"]);
		held(next).release(false, []);
		expect(held(take()).questions).toEqual([]);
	});

	test("is nobody's where it has taken it back", () => {
		const { peer, take } = idle();
		peer?.say(elicit("later"));
		const method = "notifications/cancelled";
		peer?.say({ jsonrpc: "2.0", method, params: { requestId: "open" } });
		expect(idsOf(held(take()).questions)).toEqual(["later"]);
	});

	test("is answered with an error where no client can be asked it", () => {
		const { dropped, peer, take } = idle();
		peer?.say({ jsonrpc: "2.0", id: "x", method: "x/unknown" });
		expect(peer?.told).toMatchObject([{ id: "x", error: { code: -32601 } }]);
		expect(dropped).toEqual(["question-nobody-can-answer"]);
		expect(idsOf(held(take()).questions)).toEqual(["open"]);
	});
});
