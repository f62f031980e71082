import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "../../src/spawn/backoff.ts";

test("the first failure is followed by a start at once", () => {
	expect(backoffMs(1, 0)).toBe(0);
	expect(backoffMs(1, 1)).toBe(0);
});

test("then the pause doubles from 250 ms to 30 s and stays there", () => {
	const longest = Array.from({ length: 11 }, (_, index) =>
		backoffMs(index + 2, 1),
	);
	expect(longest).toEqual([
		250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000,
	]);
});

test("half of each pause is left to chance, and no number of failures breaks it", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 2, max: 1_000_000 }),
			fc.double({ min: 0, max: 1, noNaN: true }),
			(failures, random) => {
				const pause = backoffMs(failures, random);
				const longest = backoffMs(failures, 1);
				expect(Number.isInteger(pause)).toBe(true);
				expect(pause).toBeGreaterThanOrEqual(longest / 2);
				expect(pause).toBeLessThanOrEqual(longest);
			},
		),
	);
	expect(backoffMs(5, 0)).not.toBe(backoffMs(5, 0.5));
});
