import fc from "fast-check";
import { expect, test } from "vitest";
import { LastLines } from "../../src/spawn/process/last-lines.ts";

const bytesOf = (lines: readonly string[]) =>
	lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);

test("the last 20 lines are kept, oldest first, and that is not put down to the bytes", () => {
	const last = new LastLines(1000);
	for (let n = 1; n <= 25; n++) expect(last.push(`line ${n}`)).toBe(true);
	expect(last.lines).toHaveLength(20);
	expect(last.lines[0]).toBe("line 6");
	expect(last.lines.at(-1)).toBe("line 25");
});

test("a line for whose bytes there is no room takes the place of the oldest, and says so", () => {
	const last = new LastLines(10);
	expect(last.push("aaaa")).toBe(true);
	expect(last.push("bbbbbb")).toBe(true);
	expect(last.push("c")).toBe(false);
	expect(last.lines).toEqual(["bbbbbb", "c"]);
	expect(last.push("ddd")).toBe(true);
});

test("a line that is longer than all of the room is kept as far as it goes, alone", () => {
	const last = new LastLines(4);
	last.push("ab");
	expect(last.push("cdefgh")).toBe(false);
	expect(last.lines).toEqual(["cdef"]);
});

test("a character is kept whole or not at all", () => {
	const last = new LastLines(4);
	expect(last.push("a€€")).toBe(false);
	expect(last.lines).toEqual(["a€"]);
	expect(last.push("€€")).toBe(false);
	expect(last.lines).toEqual(["€"]);
});

test("bytes are counted, not characters", () => {
	const last = new LastLines(6);
	expect(last.push("€€")).toBe(true);
	expect(last.push("a")).toBe(false);
	expect(last.lines).toEqual(["a"]);
});

test("empty lines are lines too", () => {
	const last = new LastLines(0);
	for (let n = 0; n < 30; n++) expect(last.push("")).toBe(true);
	expect(last.lines).toHaveLength(20);
	expect(last.push("a")).toBe(false);
	expect(last.lines.join("")).toBe("");
});

test("what was given is not changed by what comes later", () => {
	const last = new LastLines(100);
	last.push("one");
	const { lines } = last;
	last.push("two");
	lines.push("three");
	expect(lines).toEqual(["one", "three"]);
	expect(last.lines).toEqual(["one", "two"]);
});

test("whatever is written, the bounds hold, and what is kept is the end of it", () => {
	const lines = fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), {
		maxLength: 60,
	});
	fc.assert(
		fc.property(fc.nat({ max: 60 }), lines, (maxBytes, written) => {
			const last = new LastLines(maxBytes);
			for (const line of written) last.push(line);
			const kept = last.lines;
			expect(kept.length).toBeLessThanOrEqual(20);
			expect(bytesOf(kept)).toBeLessThanOrEqual(maxBytes);
			const end = written.slice(written.length - kept.length);
			for (const [index, line] of kept.entries()) {
				expect(end[index]?.startsWith(line)).toBe(true);
			}
			if (written.length > 0) expect(kept.length).toBeGreaterThan(0);
		}),
	);
});
