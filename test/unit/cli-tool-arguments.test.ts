import { describe, expect, test } from "vitest";
import { toolArguments } from "../../src/cli/tool-arguments.ts";
import { printJson } from "../../src/protocol/json.ts";

/** The arguments of `mcp-edge-bridge call`. */

const schema = {
	type: "object",
	properties: {
		text: { type: "string" },
		count: { type: "integer" },
		ratio: { type: "number" },
		on: { type: "boolean" },
		list: { type: "array" },
		object: { type: "object" },
		maybe: { anyOf: [{ type: "integer" }, { type: "null" }] },
		either: { type: ["string", "number"] },
		open: { $ref: "#/$defs/open" },
	},
};

const given = (...words: string[]) => printJson(toolArguments(words, schema));

test("no words are no arguments", () => {
	expect(given()).toBe("{}");
});

test("a JSON object is taken as it is, with each number as it was written", () => {
	const json = '{"id":12345678901234567890,"one":1.0}';
	expect(given(json)).toBe(json);
});

test.each([
	["text=5", '{"text":"5"}'],
	["text=a=b", '{"text":"a=b"}'],
	["text=", '{"text":""}'],
	["text={not json", '{"text":"{not json"}'],
	["count=12345678901234567890", '{"count":12345678901234567890}'],
	["count=-3", '{"count":-3}'],
	["ratio=1.50", '{"ratio":1.50}'],
	["on=true", '{"on":true}'],
	["list=[1,2]", '{"list":[1,2]}'],
	['object={"a":1}', '{"object":{"a":1}}'],
	["maybe=null", '{"maybe":null}'],
	["maybe=7", '{"maybe":7}'],
	["either=5", '{"either":"5"}'],
	["open=5", '{"open":5}'],
	["open=some text", '{"open":"some text"}'],
	["undeclared=true", '{"undeclared":true}'],
])("%s means %s", (word, expected) => {
	expect(given(word)).toBe(expected);
});

test("several words are one object", () => {
	expect(given("text=a", "count=1")).toBe('{"text":"a","count":1}');
});

describe("what cannot be meant is refused with the reason", () => {
	test.each([
		["count=1.5", /"count" takes integer/],
		["count=", /"count" takes integer/],
		["ratio=NaN", /"ratio" takes number/],
		["on=yes", /"on" takes boolean/],
		["list=a", /"list" takes array/],
		["object=[]", /"object" takes object/],
		["maybe=x", /"maybe" takes integer or null/],
		["text", /neither a JSON object nor key=value/],
		["=5", /neither a JSON object nor key=value/],
		["{text: 1}", /they are no JSON/],
		["[1]", /a tool takes a JSON object/],
	])("%s", (word, reason) => {
		expect(() => toolArguments([word], schema)).toThrow(reason);
	});

	test("a name that the tool's schema closes out", () => {
		const closed = { ...schema, additionalProperties: false };
		expect(() => toolArguments(["cuont=1"], closed)).toThrow(
			/no "cuont" \(did you mean "count"\?/,
		);
	});
});
