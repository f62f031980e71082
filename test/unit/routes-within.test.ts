import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withTimeout } from "../../src/routes/with-timeout.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const after = <T>(ms: number, value: T) =>
	new Promise<T>((resolve) => setTimeout(resolve, ms, value));
const failsAfter = (ms: number) =>
	new Promise<never>((_resolve, reject) => {
		setTimeout(reject, ms, new Error("broken"));
	});

test("work that is done in time gives what it gives, and nothing is timed any more", async () => {
	const given = withTimeout(1000, after(999, "body"));
	await vi.advanceTimersByTimeAsync(999);
	await expect(given).resolves.toBe("body");
	expect(vi.getTimerCount()).toBe(0);
});

test("work that is done already is not waited for", async () => {
	await expect(withTimeout(1000, Promise.resolve(""))).resolves.toBe("");
	expect(vi.getTimerCount()).toBe(0);
});

test("work that takes longer gives undefined as soon as the time is up", async () => {
	const settled = vi.fn();
	void withTimeout(1000, after(60_000, "late")).then(settled);
	await vi.advanceTimersByTimeAsync(999);
	expect(settled).not.toHaveBeenCalled();
	await vi.advanceTimersByTimeAsync(1);
	expect(settled).toHaveBeenCalledExactlyOnceWith(undefined);
});

test("work that fails in time fails, and nothing is timed any more", async () => {
	const given = expect(withTimeout(1000, failsAfter(10))).rejects.toThrow(
		"broken",
	);
	await vi.advanceTimersByTimeAsync(10);
	await given;
	expect(vi.getTimerCount()).toBe(0);
});

test("work that fails when nobody waits any more disturbs nobody", async () => {
	const unhandled = vi.fn();
	process.on("unhandledRejection", unhandled);
	try {
		const given = withTimeout(1000, failsAfter(2000));
		await vi.advanceTimersByTimeAsync(1000);
		await expect(given).resolves.toBeUndefined();
		await vi.advanceTimersByTimeAsync(1000);
		vi.useRealTimers();
		// Node tells of a rejection that nobody handles after the microtasks.
		await new Promise((resolve) => setTimeout(resolve, 0));
		expect(unhandled).not.toHaveBeenCalled();
	} finally {
		process.off("unhandledRejection", unhandled);
	}
});
