import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonSyntaxError } from "../../src/config/json-syntax-error.ts";

function parses(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

test("every JSON text is free of syntax errors", () => {
	const indented = fc.tuple(fc.jsonValue(), fc.integer({ min: 0, max: 3 }));
	fc.assert(
		fc.property(indented, ([value, indent]) => {
			expect(
				jsonSyntaxError(JSON.stringify(value, null, indent)),
			).toBeUndefined();
		}),
	);
});

test("a text has a syntax error exactly when JSON.parse refuses it", () => {
	const piece = fc.constantFrom(
		...[
			"{",
			"}",
			"[",
			"]",
			",",
			":",
			'"',
			'"a"',
			'"\\n"',
			'"\\x"',
			'"\\u00e9"',
			"1",
			"-",
			"0",
			".5",
			"e3",
			"true",
			"nul",
			"null",
			" ",
			"\n",
			"\t",
			"\u00a0",
			"\u2028",
			"\u007f",
			"é",
			"\\",
		],
	);
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
			const text = pieces.join("");
			expect(jsonSyntaxError(text) === undefined).toBe(parses(text));
		}),
		{ numRuns: 20_000 },
	);
});

test.each([
	['{"a": 1,}', 1, 9],
	['{\n  "a": 1\n  "b": 2\n}', 3, 3],
	['{"a": tru}', 1, 7],
	['{"a": "x', 1, 7],
	["{a: 1}", 1, 2],
	["[1, 2", 1, 6],
	["", 1, 1],
	["{} x", 1, 4],
	['{"a": 1, // why\n"b": 2}', 1, 10],
	['{"a" 1}', 1, 6],
])("the error in %j is at line %i, column %i", (text, line, column) => {
	expect(jsonSyntaxError(text)).toEqual({ line, column });
});
