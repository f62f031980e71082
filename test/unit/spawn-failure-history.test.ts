import { describe, expect, test } from "vitest";
import type { Exit } from "../../src/protocol/wire.ts";
import { FailureHistory } from "../../src/spawn/failure-history.ts";
import { describeNextTry, nextTry } from "../../src/spawn/supervisor-state.ts";

const exitOf = (line: string, exitCode = 1): Exit => ({
	code: "CHILD_EXITED",
	reason: `exited with code ${exitCode}`,
	exitCode,
	stderr: [line],
	errorLines: [line],
});
const minute = 60_000;

/** A history, and how to note a start that failed. */
function history() {
	const failures = new FailureHistory();
	const note = (line: string, at = 0, more = {}) =>
		failures.note({
			exit: exitOf(line),
			wasStart: true,
			continues: false,
			at,
			...more,
		});
	return { failures, note };
}

describe("failures in a row", () => {
	test("are counted, with the first, the last, and the cause of the last", () => {
		const { failures, note } = history();
		expect(failures.current).toBeUndefined();
		note("Error: one", 10);
		note("Error: two", 20);
		note("Error: three", 30);
		expect(failures.current).toMatchObject({
			times: 3,
			firstAt: 10,
			lastAt: 30,
			cause: "Error: three",
			exit: exitOf("Error: three"),
		});
	});

	test("end when a child is ready, and go on when that one served nobody", () => {
		const { failures, note } = history();
		note("Error: one", 10);
		failures.recovered();
		expect(failures.current).toBeUndefined();
		note("Error: one", 20, { wasStart: false, continues: true });
		expect(failures.current).toMatchObject({ times: 2, firstAt: 10 });
		failures.recovered();
		note("Error: one", 30);
		expect(failures.current).toMatchObject({ times: 1, firstAt: 30 });
	});
});

describe("a failure is news", () => {
	test.each([
		[
			"times and ids",
			"Error: port 3000 at 12:00:01",
			"Error: port 4711 at 23:59:59",
		],
		["addresses", "panic: nil at 0xdeadbeef1", "panic: nil at 0x00c0ffee2"],
	])("not where it differs from the last in %s only", (_what, one, other) => {
		const { note } = history();
		expect([note(one), note(other), note(one)]).toEqual([1, 2, 3]);
	});

	test("where its cause or its exit code is another, and again when the first comes back", () => {
		const { failures, note } = history();
		const note2 = (exit: Exit) =>
			failures.note({ exit, wasStart: true, continues: false, at: 0 });
		expect(note("Error: no token")).toBe(1);
		expect(note("Error: no database")).toBe(1);
		expect(note("Error: no token")).toBe(1);
		expect(note2(exitOf("Error: no token", 2))).toBe(1);
		expect(note2(exitOf("Error: no token", 2))).toBe(2);
	});

	test("after ten minutes without it, and not while it goes on", () => {
		const { note } = history();
		expect(note("Error: x", 0)).toBe(1);
		expect(note("Error: x", 9 * minute)).toBe(2);
		expect(note("Error: x", 18 * minute)).toBe(3);
		expect(note("Error: x", 28 * minute)).toBe(1);
	});
});

describe("the next try", () => {
	test("is the next request where nobody needs a child, at the earliest after the pause", () => {
		expect(describeNextTry(nextTry({ name: "idle" }, 0), 1000)).toBe(
			"tried again with the next request",
		);
		expect(describeNextTry(nextTry({ name: "idle" }, 4500), 1000)).toBe(
			"tried again with the next request, in 4 s at the earliest",
		);
	});

	test("comes by itself where a timer is set, and is not told of while one is under way", () => {
		const timer = setTimeout(() => {}, 0);
		clearTimeout(timer);
		const waiting = { name: "waiting", until: 3000, timer } as const;
		expect(describeNextTry(nextTry(waiting, 0), 1000)).toBe(
			"tried again in 2 s",
		);
		const failed = nextTry({ name: "failed", until: 3000 }, 0);
		expect(failed).toEqual({ isByItself: false, from: 3000 });
		expect(nextTry({ name: "stopped" }, 0)).toBeUndefined();
	});
});
