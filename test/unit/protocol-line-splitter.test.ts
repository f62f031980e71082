import fc from "fast-check";
import { expect, test } from "vitest";
import {
	LineSplitter,
	type OversizeLine,
} from "../../src/protocol/line-splitter.ts";

/** What comes out for these chunks, and then the end of the stream. */
function split(
	chunks: readonly (string | Uint8Array)[],
	maxLineBytes = 1_000_000,
): { lines: string[]; oversize: OversizeLine[] } {
	const lines: string[] = [];
	const oversize: OversizeLine[] = [];
	const splitter = new LineSplitter(
		maxLineBytes,
		(line) => lines.push(line),
		(line) => oversize.push(line),
	);
	for (const chunk of chunks) splitter.push(Buffer.from(chunk));
	splitter.end();
	return { lines, oversize };
}

/** The bytes, cut at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
	const ends = [...places.map((place) => place % (bytes.length + 1))].sort(
		(a, b) => a - b,
	);
	return [...ends, bytes.length].map((end, index) =>
		bytes.subarray(ends[index - 1] ?? 0, end),
	);
}

const text = fc
	.string({ unit: "binary", minLength: 1, maxLength: 40 })
	.map((line) => line.replaceAll("\n", "\r"));

test("any chunking of any lines gives the same lines", () => {
	fc.assert(
		fc.property(
			fc.array(text),
			fc.array(fc.nat(2000), { maxLength: 30 }),
			fc.boolean(),
			(lines, places, finalNewline) => {
				const whole =
					lines.join("\n") + (finalNewline && lines.length > 0 ? "\n" : "");
				expect(split(cut(Buffer.from(whole), places))).toEqual({
					lines,
					oversize: [],
				});
			},
		),
	);
});

test("a text of UTF-8 sequences of every length survives a cut at each of its bytes", () => {
	const line = "aé漢🙂\u2028\u2029\u0085\uFEFFz";
	const bytes = Buffer.from(`${line}\n`);
	for (let at = 0; at <= bytes.length; at++) {
		expect(split([bytes.subarray(0, at), bytes.subarray(at)]).lines).toEqual([
			line,
		]);
	}
	expect(split([...bytes].map((byte) => Buffer.from([byte]))).lines).toEqual([
		line,
	]);
});

test("only 0x0A ends a line: CR, U+2028, U+2029, U+0085, form feed and NUL do not", () => {
	const line = "a\rb\u2028c\u2029d\u0085e\ff\0g\vh";
	expect(split([`${line}\n`]).lines).toEqual([line]);
});

test("a carriage return before the line feed stays, and is white space to JSON", () => {
	const { lines } = split(['{"a":1}\r\n{"b"', ":2}\r", "\n"]);
	expect(lines).toEqual(['{"a":1}\r', '{"b":2}\r']);
	expect(lines.map((line) => JSON.parse(line))).toEqual([{ a: 1 }, { b: 2 }]);
});

test("a line is given in the push that brings its line feed, and not before", () => {
	const lines: string[] = [];
	const splitter = new LineSplitter(
		100,
		(line) => lines.push(line),
		() => {},
	);
	splitter.push(Buffer.from("one\ntw"));
	expect(lines).toEqual(["one"]);
	splitter.push(Buffer.from("o"));
	expect(lines).toEqual(["one"]);
	splitter.push(Buffer.from("\n"));
	expect(lines).toEqual(["one", "two"]);
	splitter.end();
	expect(lines).toEqual(["one", "two"]);
});

test("thousands of lines in one chunk come in their order, and empty ones are skipped", () => {
	const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);
	expect(split([`\n\n${lines.join("\n\n")}\n\n`]).lines).toEqual(lines);
});

test("what stands without a final line feed is a line, even where it came in parts", () => {
	expect(split(["one\nt", "w", "o"]).lines).toEqual(["one", "two"]);
	expect(split([]).lines).toEqual([]);
	expect(split(["one\n", ""]).lines).toEqual(["one"]);
});

test("a chunk whose memory its sender uses again does not change a line that was given", () => {
	const chunk = Buffer.from("one\ntwo\n");
	const { lines } = split([chunk]);
	chunk.fill("x");
	expect(lines).toEqual(["one", "two"]);
});

test("a line of exactly the limit is a line, one byte more is not; bytes count, not characters", () => {
	const fits = "é".repeat(50);
	expect(split([`${fits}\n`], 100).lines).toEqual([fits]);
	const { lines, oversize } = split([`${fits}z\nnext\n`], 100);
	expect(lines).toEqual(["next"]);
	expect(oversize).toEqual([
		{ bytes: 101, head: `${fits}z`, tail: `${fits}z` },
	]);
});

test("of a line over the limit its size, its first and its last 4096 bytes are told, however it is cut", () => {
	fc.assert(
		fc.property(
			fc.array(fc.nat(60_000), { maxLength: 20 }),
			fc.boolean(),
			(places, finalNewline) => {
				const line = `${"a".repeat(5000)}${"b".repeat(40_000)}${"c".repeat(5000)}`;
				const bytes = Buffer.from(
					`before\n${line}\nafter${finalNewline ? "\n" : ""}`,
				);
				expect(split(cut(bytes, places), 10_000)).toEqual({
					lines: ["before", "after"],
					oversize: [
						{
							bytes: 50_000,
							head: "a".repeat(4096),
							tail: "c".repeat(4096),
						},
					],
				});
			},
		),
		{ numRuns: 50 },
	);
});

test("a line over the limit without a final line feed is told too", () => {
	expect(split(["12345", "67890", "ab"], 10)).toEqual({
		lines: [],
		oversize: [{ bytes: 12, head: "1234567890ab", tail: "1234567890ab" }],
	});
});
