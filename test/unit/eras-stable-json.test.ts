import fc from "fast-check";
import { expect, test } from "vitest";
import { stableJson } from "../../src/protocol/stable-json.ts";

/** The same value with every object's members in another order. */
function shuffled(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(shuffled);
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value).map(([key, inner]) => [
		key,
		shuffled(inner),
	]);
	return Object.fromEntries(entries.reverse());
}

test("the order of members makes no difference, however deep they lie", () => {
	fc.assert(
		fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
			expect(stableJson(shuffled(value))).toBe(stableJson(value));
		}),
	);
});

test("nothing else is the same: it is read again as the value", () => {
	fc.assert(
		fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
			expect(JSON.parse(stableJson(value))).toEqual(
				JSON.parse(JSON.stringify(value)),
			);
		}),
	);
});

test("the order of an array's elements does make one, and so do types", () => {
	expect(stableJson([1, 2])).not.toBe(stableJson([2, 1]));
	expect(stableJson({ a: 1 })).not.toBe(stableJson({ a: "1" }));
	expect(stableJson({ a: undefined })).toBe(stableJson({}));
	expect(stableJson({ a: null })).not.toBe(stableJson({}));
});

test("a member called __proto__ is one like every other", () => {
	const text = '{"__proto__":{"b":1},"a":2}';
	expect(stableJson(JSON.parse(text))).toBe(text);
});
