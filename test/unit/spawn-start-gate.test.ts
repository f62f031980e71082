import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StartGate } from "../../src/spawn/start-gate.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

/** A gate, and the starts that have begun, oldest first. */
function open(most: number) {
	const gate = new StartGate(most);
	const begun: string[] = [];
	const leaves = new Map<string, () => void>();
	return {
		begun,
		enter: (name: string, starter = name) =>
			gate.enter(starter, (leave) => {
				begun.push(name);
				leaves.set(name, leave);
			}),
		leave: (name: string) => leaves.get(name)?.(),
	};
}

test("a start begins at once where there is room, and else when another leaves", () => {
	const { begun, enter, leave } = open(2);
	enter("one");
	enter("two");
	enter("three");
	expect(begun).toEqual(["one", "two"]);
	leave("two");
	expect(begun).toEqual(["one", "two", "three"]);
});

test("a start that leaves twice makes room once", () => {
	const { begun, enter, leave } = open(1);
	for (const name of ["one", "two", "three"]) enter(name);
	leave("one");
	leave("one");
	expect(begun).toEqual(["one", "two"]);
});

test("a start that is ready as soon as it begins makes room for all that wait", () => {
	const gate = new StartGate(1);
	const begun: number[] = [];
	let leaveFirst = () => {};
	gate.enter("first", (leave) => {
		leaveFirst = leave;
	});
	// More than a stack holds, were each begun by the one before.
	const others = Array.from({ length: 10_000 }, (_, n) => n);
	for (const n of others) {
		gate.enter("other", (leave) => {
			begun.push(n);
			leave();
		});
	}
	leaveFirst();
	expect(begun).toEqual(others);
});

test("the starts of one starter begin in the order in which they came", () => {
	const { begun, enter, leave } = open(1);
	for (const name of ["one", "two", "three"]) enter(name, "same");
	leave("one");
	leave("two");
	expect(begun).toEqual(["one", "two", "three"]);
});

test("a starter with a long line does not keep one that comes later from the next turn", () => {
	const { begun, enter, leave } = open(2);
	for (const name of ["a1", "a2", "a3", "a4", "a5"]) enter(name, "a");
	enter("b1", "b");
	leave("a1");
	expect(begun).toEqual(["a1", "a2", "b1"]);
	leave("b1");
	expect(begun.at(-1)).toBe("a3");
});

test.each([
	1, 2,
])("turns go round among the starters, also where none that waits has one (cap: %i)", (most) => {
	const { begun, enter, leave } = open(most);
	for (const starter of ["a", "b"]) {
		for (const n of [1, 2, 3, 4]) enter(`${starter}${n}`, starter);
	}
	enter("c1", "c");
	for (let index = 0; index < 9; index++) leave(String(begun[index]));
	expect(begun).toHaveLength(9);
	const firstOf = (starter: string) =>
		begun.findIndex((name) => name.startsWith(starter));
	expect(firstOf("b")).toBeLessThanOrEqual(most);
	expect(firstOf("c")).toBeLessThanOrEqual(most + 1);
	expect(begun.filter((name) => name.startsWith("a"))).toEqual([
		"a1",
		"a2",
		"a3",
		"a4",
	]);
});

test("a start that takes longer than 2 s keeps nobody waiting any more", () => {
	const { begun, enter } = open(1);
	enter("hangs");
	enter("next");
	vi.advanceTimersByTime(1999);
	expect(begun).toEqual(["hangs"]);
	vi.advanceTimersByTime(1);
	expect(begun).toEqual(["hangs", "next"]);
});

test("a start that leaves after its 2 s does not make room a second time", () => {
	const { begun, enter, leave } = open(1);
	for (const name of ["hangs", "two", "three"]) enter(name);
	vi.advanceTimersByTime(2000);
	leave("hangs");
	expect(begun).toEqual(["hangs", "two"]);
});

test("the 2 s begin with the turn, not with the wait for it", () => {
	const { begun, enter, leave } = open(1);
	for (const name of ["one", "two", "three"]) enter(name);
	vi.advanceTimersByTime(1500);
	leave("one");
	vi.advanceTimersByTime(1500);
	expect(begun).toEqual(["one", "two"]);
	vi.advanceTimersByTime(500);
	expect(begun).toEqual(["one", "two", "three"]);
});

test("a start that is given up while it waits never begins, and those behind it come up", () => {
	const { begun, enter, leave } = open(1);
	enter("one");
	const giveUp = enter("two");
	enter("three");
	giveUp();
	giveUp();
	leave("one");
	expect(begun).toEqual(["one", "three"]);
});

test("a start that is given up after it has begun keeps its turn until it leaves", () => {
	const { begun, enter, leave } = open(1);
	const giveUp = enter("one");
	enter("two");
	giveUp();
	expect(begun).toEqual(["one"]);
	leave("one");
	expect(begun).toEqual(["one", "two"]);
});

test("nothing is timed once all have left", () => {
	const { enter, leave } = open(2);
	enter("one");
	enter("two");
	leave("one");
	leave("two");
	expect(vi.getTimerCount()).toBe(0);
});

test("whatever happens, no more than the cap have a turn, none is left idle, and each begins once", () => {
	const step = fc.oneof(
		fc.record({
			kind: fc.constant("enter" as const),
			starter: fc.nat({ max: 3 }),
		}),
		fc.record({ kind: fc.constant("leave" as const), which: fc.nat() }),
		fc.record({ kind: fc.constant("give up" as const), which: fc.nat() }),
		fc.record({
			kind: fc.constant("wait" as const),
			ms: fc.nat({ max: 2500 }),
		}),
	);
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 4 }),
			fc.array(step, { maxLength: 60 }),
			(most, steps) => {
				const gate = new StartGate(most);
				/** What is to be so, start by start. */
				const starts: {
					begun?: number;
					leave?: () => void;
					giveUp?: () => void;
					state: "waiting" | "starting" | "over";
				}[] = [];
				const states = (state: string) =>
					starts.filter((each) => each.state === state);
				const expire = () => {
					for (const each of states("starting")) {
						if (Date.now() - (each.begun ?? 0) >= 2000) each.state = "over";
					}
				};
				const check = () => {
					expire();
					expect(states("starting").length).toBe(
						Math.min(
							most,
							states("starting").length + states("waiting").length,
						),
					);
				};
				for (const each of steps) {
					switch (each.kind) {
						case "enter": {
							const start: (typeof starts)[number] = { state: "waiting" };
							starts.push(start);
							start.giveUp = gate.enter(String(each.starter), (leave) => {
								expire();
								expect(start.state).toBe("waiting");
								start.state = "starting";
								start.begun = Date.now();
								start.leave = leave;
								expect(states("starting").length).toBeLessThanOrEqual(most);
							});
							break;
						}
						case "leave": {
							const begun = states("starting");
							const start = begun[each.which % begun.length];
							if (start) start.state = "over";
							start?.leave?.();
							break;
						}
						case "give up": {
							const waiting = states("waiting");
							const start = waiting[each.which % waiting.length];
							start?.giveUp?.();
							if (start) start.state = "over";
							break;
						}
						case "wait":
							vi.advanceTimersByTime(each.ms);
					}
					check();
				}
				vi.clearAllTimers();
			},
		),
	);
});
