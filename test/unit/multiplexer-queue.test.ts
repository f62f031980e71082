import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Call, Connection } from "../../src/multiplex/call.ts";
import { callOf, isCall, Queue } from "../../src/multiplex/queue.ts";
import type { Id, Members } from "../../src/protocol/messages.ts";

type Waiting = Parameters<Queue["push"]>[0];

const wide = { maxQueue: 1000, maxQueueBytes: 1_000_000 };
const a = new Connection({ era: "legacy" });
const b = new Connection({ era: "legacy" });

const call = (id: Id, connection = a, params?: Members) =>
	new Call(
		connection,
		{ jsonrpc: "2.0", id, method: "m", ...(params && { params }) },
		() => {},
	);
const notification = (method: string, connection = a): Waiting => ({
	connection,
	notification: { jsonrpc: "2.0", method },
});
const sizeOf = (waiting: Waiting) =>
	JSON.stringify(isCall(waiting) ? waiting.request : waiting.notification)
		.length;
const idsOf = (waiting: readonly Waiting[]) =>
	waiting.map((each) =>
		isCall(each) ? each.request.id : each.notification.method,
	);

/** A queue with all of these in it. */
function queueOf(...waiting: Waiting[]): Queue {
	const queue = new Queue();
	for (const each of waiting) expect(queue.push(each, wide)).toBeUndefined();
	return queue;
}

describe("bounds", () => {
	test("what would be one too many is not taken, and the bound is named", () => {
		const queue = new Queue();
		const bounds = { ...wide, maxQueue: 2 };
		expect(queue.push(call(1), bounds)).toBeUndefined();
		expect(queue.push(notification("n"), bounds)).toBeUndefined();
		expect(queue.push(call(3), bounds)).toBe("maxQueue");
		expect(idsOf(queue.takeAll())).toEqual([1, "n"]);
	});

	test("bytes are counted, not characters", () => {
		const waiting = call(1, a, { text: "€".repeat(100) });
		const queue = new Queue();
		const maxQueueBytes = sizeOf(waiting) + 200;
		const tooFew = { ...wide, maxQueueBytes: maxQueueBytes - 1 };
		expect(queue.push(waiting, tooFew)).toBe("maxQueueBytes");
		expect(queue.push(waiting, { ...wide, maxQueueBytes })).toBeUndefined();
	});

	test("what has waited before comes in over the bounds, and counts for what comes next", () => {
		const queue = new Queue();
		const maxQueueBytes = sizeOf(call(1));
		queue.putFirst([call(1), call(2)]);
		expect(queue.push(call(3), { ...wide, maxQueue: 2 })).toBe("maxQueue");
		const narrow = { ...wide, maxQueueBytes };
		expect(queue.push(call(3), narrow)).toBe("maxQueueBytes");
		queue.shift();
		queue.shift();
		expect(queue.push(call(3), narrow)).toBeUndefined();
	});

	test("a message that is nested too deep to be written waits until it can be refused", () => {
		const params: Members = {};
		let inner = params;
		for (let depth = 0; depth < 100_000; depth++) {
			const next: Members = {};
			inner.a = next;
			inner = next;
		}
		const deep = call(1, a, params);
		expect(queueOf(deep).shift()).toBe(deep);
	});

	test("whatever comes and goes, neither bound is passed, no room is lost, and the order is kept", () => {
		const step = fc.oneof(
			fc.record({
				kind: fc.constantFrom("call", "notification"),
				size: fc.nat(60),
			}),
			fc.record({
				kind: fc.constantFrom(
					"shift",
					"take",
					"takeOf",
					"takeNotifications",
					"takeAll",
				),
				some: fc.nat(20),
			}),
		);
		fc.assert(
			fc.property(
				fc.record({ maxQueue: fc.nat(6), maxQueueBytes: fc.nat(500) }),
				fc.array(step, { maxLength: 60 }),
				(bounds, steps) => {
					const queue = new Queue();
					let model: Waiting[] = [];
					for (const [id, each] of steps.entries()) {
						const owner = id % 2 ? a : b;
						if ("size" in each) {
							const text = "x".repeat(each.size);
							const waiting =
								each.kind === "call"
									? call(id, owner, { text })
									: notification(text, owner);
							const bytes = [...model, waiting]
								.map(sizeOf)
								.reduce((sum, size) => sum + size, 0);
							const tooMany = model.length >= bounds.maxQueue && "maxQueue";
							const tooLarge = bytes > bounds.maxQueueBytes && "maxQueueBytes";
							const full = tooMany || tooLarge || undefined;
							expect(queue.push(waiting, bounds)).toBe(full);
							if (!full) model.push(waiting);
							continue;
						}
						const calls = model.filter(isCall);
						const one = calls[each.some % calls.length];
						const taken = {
							shift: model.slice(0, 1),
							take: one ? [one] : [],
							takeOf: model.filter(({ connection }) => connection === owner),
							takeNotifications: model.filter((other) => !isCall(other)),
							takeAll: model,
						}[each.kind as "shift"];
						if (each.kind === "shift") expect(queue.shift()).toBe(taken[0]);
						else if (each.kind === "takeOf") {
							expect(queue.takeOf(owner)).toEqual(taken);
						} else if (each.kind === "take") {
							expect(queue.take(one ?? call("none"))).toBe(one !== undefined);
						} else if (each.kind === "takeAll") {
							expect(queue.takeAll()).toEqual(taken);
						} else expect(queue.takeNotifications()).toEqual(taken);
						model = model.filter((waiting) => !taken.includes(waiting));
						expect(queue.length).toBe(model.length);
						expect([...queue.calls()]).toEqual(model.filter(isCall));
					}
					expect(queue.takeAll()).toEqual(model);
				},
			),
		);
	});
});

test("what has waited before goes before all others, in its own order", () => {
	const queue = queueOf(call(3));
	queue.putFirst([call(1), call(2)]);
	expect(idsOf(queue.takeAll())).toEqual([1, 2, 3]);
});

test("a call is found by its id with its JSON type, and of two under one id the first", () => {
	const calls = [call("1"), call(1), call(1)];
	expect(callOf(calls, 1)).toBe(calls[1]);
	expect(callOf(calls, "1")).toBe(calls[0]);
	expect(callOf(calls, 2)).toBeUndefined();
});
