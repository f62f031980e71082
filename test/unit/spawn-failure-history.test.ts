import { describe, expect, test } from "vitest";
import type { Exit } from "../../src/protocol/wire.ts";
import { FailureHistory } from "../../src/spawn/failure-history.ts";
import { describeNextTry, nextTry } from "../../src/spawn/next-try.ts";
import { at } from "../harness/at.ts";

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
	const note = (line: string, ms = 0, more = {}) =>
		failures.note({
			exit: exitOf(line),
			wasStart: true,
			continues: false,
			at: at(ms),
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
			firstAt: at(10),
			lastAt: at(30),
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
		expect(failures.current).toMatchObject({ times: 2, firstAt: at(10) });
		failures.recovered();
		note("Error: one", 30);
		expect(failures.current).toMatchObject({ times: 1, firstAt: at(30) });
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
			failures.note({ exit, wasStart: true, continues: false, at: at(0) });
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

test("a wall clock that is set back makes nothing news, and none that was older than ten minutes stale", () => {
	const { note } = history();
	const later = (ms: number, wallMs: number) => ({
		at: { monotonicMs: ms, wallMs },
	});
	expect(note("Error: x", 0, later(0, 3_600_000))).toBe(1);
	expect(note("Error: x", 0, later(1, 0))).toBe(2);
	expect(note("Error: x", 0, later(2, 7_200_000))).toBe(3);
	expect(note("Error: x", 0, later(10 * minute + 2, 0))).toBe(1);
});

describe("the next try", () => {
	const next = (...[state, now]: [Parameters<typeof nextTry>[0], number]) =>
		describeNextTry(nextTry(state), at(now));

	test("is the next request where nobody needs a child, at the earliest after the pause", () => {
		const idle = { name: "idle", notBefore: undefined } as const;
		expect(next(idle, 1000)).toBe("tried again with the next request");
		expect(next({ ...idle, notBefore: at(4500) }, 1000)).toBe(
			"tried again with the next request, in 4 s at the earliest",
		);
		expect(next({ ...idle, notBefore: at(1000) }, 1000)).toBe(
			"tried again with the next request",
		);
	});

	test("comes by itself where a timer is set, and is not told of while one is under way", () => {
		const until = at(3000);
		expect(next({ name: "waiting", until }, 1000)).toBe("tried again in 2 s");
		expect(next({ name: "waiting", until }, 2999)).toBe("tried again in 1 s");
		expect(next({ name: "failed", until, hasTimer: true }, 3000)).toBe(
			"tried again at once",
		);
		expect(next({ name: "failed", until, hasTimer: false }, 1000)).toBe(
			"tried again with the next request, in 2 s at the earliest",
		);
		const since = at(0);
		const queued = { name: "queued", since, refused: [] } as const;
		expect(next({ ...queued, revision: undefined }, 0)).toBe(
			"it is being started again",
		);
		expect(nextTry({ name: "stopped", leaving: undefined })).toBeUndefined();
	});
});
