import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	ExactNumber,
	isSameNumber,
	parseJson,
	printJson,
} from "../../src/protocol/json.ts";

/** Numbers in JSON's notation, most of them written otherwise than JavaScript would. */
const numbers = fc.oneof(
	fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,24})?([eE][+-]?\d{1,3})?$/),
	fc.stringMatching(/^(0|[1-9]\d{0,7})\.\d{1,8}$/),
	fc.integer().map(String),
	fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => `${n}`),
);

test("whatever numbers a text holds, they are printed as they were written", () => {
	fc.assert(
		fc.property(fc.array(numbers), fc.string(), (given, string) => {
			const text = `{"a":[${given.join(",")}],"b":{"c":${JSON.stringify(string)},"d":${given[0] ?? 1}}}`;
			expect(printJson(parseJson(text))).toBe(text);
		}),
		{ numRuns: 2000 },
	);
});

test.each([
	"9007199254740993",
	"-9007199254740993",
	"123456789012345678901234567890",
	"1.0",
	"1.50",
	"-0",
	"0.0000001",
	"1e5",
	"1E+2",
	"1e400",
	"-1e-400",
	"0.1000000000000000055511151231257827",
])("%s is kept, with a string full of quotes before it", (number) => {
	const text = `{"\\"1.0":"\\\\","a":{"v":${number}}}`;
	expect(printJson(parseJson(text))).toBe(text);
});

test("an array of numbers keeps each of them, and its white space goes, in which a line may end", () => {
	const text = '{"a":[1, 2.0,\n\t-0 ],"b":[[1.0],{"c":[]}]}';
	expect(printJson(parseJson(text))).toBe(
		'{"a":[1,2.0,-0],"b":[[1.0],{"c":[]}]}',
	);
});

test.each([
	"[1.0 2]",
	"[1.0,,2]",
	"[1.0,]",
	"[,1.0]",
	"[1.0",
	"[1.0}",
	"[1.0]]",
])("%s is no JSON", (array) => {
	expect(() => parseJson(array)).toThrow(SyntaxError);
	expect(() => parseJson(`{"a":${array}}`)).toThrow(SyntaxError);
});

test("an array of 100,000 such arrays in each other is read as JSON.parse reads it, for others to refuse", () => {
	const depth = 100_000;
	const text = `${"[1.0,".repeat(depth)}1${"]".repeat(depth)}`;
	expect(Array.isArray(parseJson(text))).toBe(true);
});

test("text in strings is no number", () => {
	const text = '{"a":"1.0, 1e400 and \\"9007199254740993\\"","b":"\\\\"}';
	expect(parseJson(text)).toEqual(JSON.parse(text));
});

test("what JSON.parse refuses is refused, and what it takes is taken with the same meaning", () => {
	const fragments = fc.constantFrom(
		..."[]{},:-+.eE01 ",
		'"',
		"\\",
		"1.0",
		"true",
		"null",
		"1e400",
		"01",
		"1.",
		"\u0001",
	);
	fc.assert(
		fc.property(fc.array(fragments), (parts) => {
			const text = parts.join("");
			let expected: unknown;
			try {
				expected = JSON.parse(text);
			} catch {
				expect(() => parseJson(text)).toThrow(SyntaxError);
				return;
			}
			expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(expected));
		}),
		{ numRuns: 5000 },
	);
});

test("members are as JSON.parse has them beside such a number too: the last of a name counts, and __proto__ is one of them", () => {
	const text = '{"v":1.0,"a":1,"a":2,"__proto__":{"b":3}}';
	const value = parseJson(text) as Record<string, unknown>;
	expect(value.a).toBe(2);
	expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
	expect(Object.hasOwn(value, "__proto__")).toBe(true);
});

test("where it is not printed to be passed on, such a number is the nearest one", () => {
	expect(JSON.stringify(parseJson('{"a":1.0,"b":[1e400,2]}'))).toBe(
		'{"a":1,"b":[null,2]}',
	);
});

describe("numbers are the same", () => {
	test.each([
		["1", "1.0"],
		["10e-1", "1"],
		["0", "-0"],
		["9007199254740993", "9007199254740993.0"],
	])("%s and %s", (one, other) => {
		expect(isSameNumber(new ExactNumber(one), new ExactNumber(other))).toBe(
			true,
		);
	});

	test.each([
		["9007199254740993", "9007199254740992"],
		["1e400", "1e401"],
		["1", "-1"],
	])("but not %s and %s", (one, other) => {
		expect(isSameNumber(new ExactNumber(one), new ExactNumber(other))).toBe(
			false,
		);
	});
});
