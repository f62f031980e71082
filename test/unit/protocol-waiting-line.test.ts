import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Members, Request } from "../../src/protocol/messages.ts";
import {
	type Waiting,
	WaitingLine,
	type WaitingRequest,
} from "../../src/protocol/waiting-line.ts";

const wide = { maxQueue: 1000, maxQueueBytes: 1_000_000 };

const request = (
	id: number | string,
	owner = "a",
	params?: Members,
): WaitingRequest<string> => ({
	owner,
	request: { jsonrpc: "2.0", id, method: "m", ...(params && { params }) },
	receive: () => {},
});
const notification = (method: string, owner = "a"): Waiting<string> => ({
	owner,
	notification: { jsonrpc: "2.0", method },
});
const sizeOf = (waiting: Waiting<string>) =>
	JSON.stringify("request" in waiting ? waiting.request : waiting.notification)
		.length;
const idsOf = (waiting: readonly Waiting<string>[]) =>
	waiting.map((each) =>
		"request" in each ? each.request.id : each.notification.method,
	);

/** A line with all of these in it. */
function lineOf(...waiting: Waiting<string>[]): WaitingLine<string> {
	const line = new WaitingLine<string>();
	for (const each of waiting) expect(line.push(each, wide)).toBeUndefined();
	return line;
}

describe("bounds", () => {
	test("what would be one too many is not taken, and the bound is named", () => {
		const line = new WaitingLine<string>();
		const bounds = { ...wide, maxQueue: 2 };
		expect(line.push(request(1), bounds)).toBeUndefined();
		expect(line.push(notification("n"), bounds)).toBeUndefined();
		expect(line.push(request(3), bounds)).toBe("maxQueue");
		expect(idsOf(line.takeAll())).toEqual([1, "n"]);
	});

	test("what would be too large with the rest is not taken, a smaller one behind it is", () => {
		const first = request(1);
		const large = request(2, "a", { text: "x".repeat(100) });
		const small = request(3);
		const maxQueueBytes = sizeOf(first) + sizeOf(small);
		const bounds = { ...wide, maxQueueBytes };
		const line = new WaitingLine<string>();
		expect(line.push(first, bounds)).toBeUndefined();
		expect(line.push(large, bounds)).toBe("maxQueueBytes");
		expect(line.push(small, bounds)).toBeUndefined();
		expect(idsOf(line.takeAll())).toEqual([1, 3]);
	});

	test("bytes are counted, not characters", () => {
		const waiting = request(1, "a", { text: "€".repeat(100) });
		const line = new WaitingLine<string>();
		const bounds = { ...wide, maxQueueBytes: sizeOf(waiting) + 199 };
		expect(line.push(waiting, bounds)).toBe("maxQueueBytes");
		bounds.maxQueueBytes++;
		expect(line.push(waiting, bounds)).toBeUndefined();
	});

	test("where nothing may wait nothing is taken", () => {
		const line = new WaitingLine<string>();
		expect(line.push(request(1), { ...wide, maxQueue: 0 })).toBe("maxQueue");
		expect(line.push(request(1), { ...wide, maxQueueBytes: 0 })).toBe(
			"maxQueueBytes",
		);
		expect(line.length).toBe(0);
	});

	test.each<[string, (line: WaitingLine<string>) => void]>([
		["shift", (line) => line.shift()],
		["take", (line) => line.take("a", 1)],
		["takeOf", (line) => line.takeOf("a")],
		["takeAll", (line) => line.takeAll()],
	])("%s gives the room back, both of it", (_name, take) => {
		const line = new WaitingLine<string>();
		const bounds = { maxQueue: 1, maxQueueBytes: sizeOf(request(1)) };
		for (let times = 0; times < 3; times++) {
			expect(line.push(request(1), bounds)).toBeUndefined();
			expect(line.push(request(1), bounds)).toBe("maxQueue");
			take(line);
			expect(line.length).toBe(0);
		}
	});

	test("what has waited before comes in over the bounds, and counts for what comes next", () => {
		const line = new WaitingLine<string>();
		const maxQueueBytes = sizeOf(request(1));
		line.putFirst([request(1), request(2)]);
		expect(line.push(request(3), { ...wide, maxQueue: 2 })).toBe("maxQueue");
		expect(line.push(request(3), { ...wide, maxQueueBytes })).toBe(
			"maxQueueBytes",
		);
		line.shift();
		line.shift();
		expect(line.push(request(3), { ...wide, maxQueueBytes })).toBeUndefined();
	});

	test("a bound that is lowered holds for what comes next only", () => {
		const line = lineOf(request(1), request(2));
		expect(line.push(request(3), { ...wide, maxQueue: 1 })).toBe("maxQueue");
		expect(line.length).toBe(2);
	});

	test("a message that is nested too deep to be written waits until it can be refused", () => {
		const params: Members = {};
		let inner = params;
		for (let depth = 0; depth < 100_000; depth++) {
			const next: Members = {};
			inner.a = next;
			inner = next;
		}
		const line = new WaitingLine<string>();
		expect(line.push(request(1, "a", params), wide)).toBeUndefined();
		expect(line.shift()).toMatchObject({ owner: "a" });
	});

	test("whatever comes and goes, neither bound is passed and no room is lost", () => {
		const step = fc.oneof(
			fc.record({ kind: fc.constant("push" as const), size: fc.nat(60) }),
			fc.record({
				kind: fc.constantFrom("shift", "take", "takeOf"),
				id: fc.nat(20),
				owner: fc.constantFrom("a", "b"),
			}),
		);
		fc.assert(
			fc.property(
				fc.record({ maxQueue: fc.nat(6), maxQueueBytes: fc.nat(500) }),
				fc.array(step, { maxLength: 60 }),
				(bounds, steps) => {
					const line = new WaitingLine<string>();
					let model: WaitingRequest<string>[] = [];
					for (const [id, each] of steps.entries()) {
						if ("size" in each) {
							const owner = id % 2 ? "a" : "b";
							const text = "x".repeat(each.size);
							const waiting = request(id, owner, { text });
							const bytes = [...model, waiting]
								.map(sizeOf)
								.reduce((sum, size) => sum + size, 0);
							const tooMany = model.length >= bounds.maxQueue && "maxQueue";
							const tooLarge = bytes > bounds.maxQueueBytes && "maxQueueBytes";
							const full = tooMany || tooLarge || undefined;
							expect(line.push(waiting, bounds)).toBe(full);
							if (!full) model.push(waiting);
							continue;
						}
						const { kind, owner } = each;
						const isTaken = (waiting: WaitingRequest<string>) =>
							kind === "shift"
								? waiting === model[0]
								: waiting.owner === owner &&
									(kind === "takeOf" || waiting.request.id === each.id);
						const taken = model.filter(isTaken);
						if (kind === "shift") expect(line.shift()).toBe(taken[0]);
						else if (kind === "take") {
							expect(line.take(owner, each.id)).toBe(taken[0]);
						} else expect(line.takeOf(owner)).toEqual(taken);
						model = model.filter((waiting) => !taken.includes(waiting));
						expect(line.length).toBe(model.length);
					}
					expect(line.takeAll()).toEqual(model);
				},
			),
		);
	});
});

test("what waits comes out in the order in which it went in", () => {
	const line = lineOf(request(1), notification("n"), request(2, "b"));
	const out = [line.shift(), line.shift(), line.shift()];
	expect(idsOf(out.filter((each) => each !== undefined))).toEqual([1, "n", 2]);
	expect(line.shift()).toBeUndefined();
});

test("what has waited before goes before all others, in its own order", () => {
	const line = lineOf(request(3));
	line.putFirst([request(1), request(2)]);
	expect(idsOf(line.takeAll())).toEqual([1, 2, 3]);
});

test("what one owner has in it is taken out, and the rest keeps its order", () => {
	const line = lineOf(
		request(1, "a"),
		request(1, "b"),
		notification("n", "a"),
		request(2, "b"),
	);
	expect(idsOf(line.takeOf("a"))).toEqual([1, "n"]);
	expect(idsOf(line.takeAll())).toEqual([1, 2]);
});

test("a request is found by its owner and by its id with its JSON type", () => {
	const [ofA, ofB] = [request(1, "a"), request(1, "b")];
	const line = lineOf(notification("1", "a"), ofB, ofA);
	expect(line.take("a", "1")).toBeUndefined();
	expect(line.take("c", 1)).toBeUndefined();
	expect(line.take("a", 1)).toBe(ofA);
	expect(line.take("a", 1)).toBeUndefined();
	expect(line.length).toBe(2);
});

test("of two requests of one owner under one id the first is taken, and only that", () => {
	const second: Request = { jsonrpc: "2.0", id: 1, method: "second" };
	const line = lineOf(request(1), { ...request(1), request: second });
	expect(line.take("a", 1)?.request.method).toBe("m");
	expect(line.take("a", 1)?.request).toBe(second);
});
