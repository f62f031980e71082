import { describe, expect, test } from "vitest";
import type { Members } from "../../src/protocol/messages.ts";
import {
	mirroredByTool,
	mirroredParameters,
	refuseParameters,
} from "../../src/protocol/parameter-headers.ts";

const marked = (name: unknown, type: unknown = "string"): Members => ({
	type,
	"x-mcp-header": name,
});
const schema = (properties: Members, more: Members = {}): Members => ({
	type: "object",
	properties,
	...more,
});

/** The headers that a schema asks for. */
const headersOf = (inputSchema: unknown) =>
	mirroredParameters(inputSchema).map(({ header }) => header);

describe("what a tool marks with x-mcp-header", () => {
	test("are its parameters of the types that may be mirrored", () => {
		const inputSchema = schema({
			region: marked("Region"),
			count: marked("Count", "integer"),
			dry: marked("Dry-Run", "boolean"),
			other: { type: "string" },
		});
		expect(mirroredParameters(inputSchema)).toEqual([
			{ header: "mcp-param-region", path: ["region"], type: "string" },
			{ header: "mcp-param-count", path: ["count"], type: "integer" },
			{ header: "mcp-param-dry-run", path: ["dry"], type: "boolean" },
		]);
	});

	test("may lie as deep as a chain of properties goes", () => {
		const inputSchema = schema({
			a: schema({ b: schema({ c: marked("C") }), d: marked("D") }),
		});
		expect(mirroredParameters(inputSchema)).toEqual([
			{ header: "mcp-param-c", path: ["a", "b", "c"], type: "string" },
			{ header: "mcp-param-d", path: ["a", "d"], type: "string" },
		]);
	});

	test.each<[string, Members]>([
		["items", { list: { type: "array", items: schema({ a: marked("A") }) } }],
		["oneOf", { a: { oneOf: [schema({ b: marked("A") })] } }],
		["anyOf", { a: { anyOf: [schema({ b: marked("A") })] } }],
		["allOf", { a: { allOf: [schema({ b: marked("A") })] } }],
		["not", { a: { not: schema({ b: marked("A") }) } }],
		["else", { a: { if: {}, else: schema({ b: marked("A") }) } }],
		["additionalProperties", { a: { additionalProperties: marked("A") } }],
		["patternProperties", { a: { patternProperties: { x: marked("A") } } }],
	])("is none below %s", (_keyword, properties) => {
		expect(headersOf(schema(properties))).toEqual([]);
	});

	test("is none in the definitions of a schema or at its root", () => {
		expect(headersOf(schema({}, { $defs: { a: marked("A") } }))).toEqual([]);
		expect(headersOf({ ...schema({}), "x-mcp-header": "A" })).toEqual([]);
		expect(
			headersOf(schema({}, { oneOf: [schema({ a: marked("A") })] })),
		).toEqual([]);
	});

	test.each([
		["empty", ""],
		["with a space", "My Region"],
		["with a colon", "Region:"],
		["with a line break", "Region\r\nX: y"],
		["with a control character", "Region\0"],
		["not ASCII", "Région"],
		["no text", 5],
		["null", null],
	])("has no name that is %s", (_what, name) => {
		expect(headersOf(schema({ a: marked(name), b: marked("B") }))).toEqual([
			"mcp-param-b",
		]);
	});

	test.each([
		["number"],
		["object"],
		["array"],
		["null"],
		[undefined],
		[["string"]],
	])("has no type %j", (type) => {
		expect(
			headersOf(schema({ a: { type, "x-mcp-header": "A" }, b: marked("B") })),
		).toEqual(["mcp-param-b"]);
	});

	test("has no name that another has too, in whatever case", () => {
		const inputSchema = schema({
			a: marked("Region"),
			b: schema({ c: marked("REGION") }),
			d: marked("Other"),
		});
		expect(headersOf(inputSchema)).toEqual(["mcp-param-other"]);
	});

	test.each([
		[undefined],
		[null],
		["x"],
		[[]],
		[{}],
		[{ properties: [] }],
		[true],
	])("is nothing where the schema is %j", (inputSchema) => {
		expect(mirroredParameters(inputSchema)).toEqual([]);
	});

	test("is known by tool, those without any left out, and tools that are none too", () => {
		const tools = [
			{ name: "a", inputSchema: schema({ x: marked("X") }) },
			{ name: "b", inputSchema: schema({ x: { type: "string" } }) },
			{ inputSchema: schema({ x: marked("X") }) },
			"c",
			null,
		];
		const byTool = mirroredByTool(tools);
		expect(byTool.map(([name]) => name)).toEqual(["a"]);
		expect(mirroredByTool([])).toEqual([]);
	});
});

describe("a call whose headers", () => {
	const refusal = (
		properties: Members,
		args: unknown,
		headers: Record<string, string>,
	) =>
		refuseParameters(
			mirroredParameters(schema(properties)),
			args,
			(name) => headers[name],
		);
	const mismatch = { code: -32020, message: expect.any(String) };
	const region = { region: marked("Region") };
	const count = { count: marked("Count", "integer") };
	const dry = { dry: marked("Dry", "boolean") };

	test("mirror its arguments is served", () => {
		expect(
			refusal(
				{ ...region, ...count, ...dry },
				{ region: "us-west1", count: -7, dry: false },
				{
					"mcp-param-region": "us-west1",
					"mcp-param-count": "-7",
					"mcp-param-dry": "false",
				},
			),
		).toBeUndefined();
	});

	test.each<[string, Members, unknown, string]>([
		["another text", region, "us-west1", "us-west2"],
		["another case", region, "us-west1", "US-WEST1"],
		["another number", count, 42, "43"],
		["the other boolean", dry, true, "false"],
		["another case of a boolean", dry, true, "True"],
		["nothing", region, "us-west1", ""],
		["what no object is", region, { toString: 1 }, "[object Object]"],
	])("say %s is refused", (_what, properties, value, header) => {
		const [key = ""] = Object.keys(properties);
		const name = `mcp-param-${key}`;
		expect(
			refusal(properties, { [key]: value }, { [name]: header }),
		).toMatchObject(mismatch);
	});

	test("leave a value out is refused, and the error names header and argument", () => {
		const nested = { a: schema({ b: marked("Deep") }) };
		expect(refusal(nested, { a: { b: "x" } }, {})).toMatchObject({
			code: -32020,
			message: expect.stringMatching(/mcp-param-deep.*a\.b/),
		});
		expect(refusal(dry, { dry: false }, {})).toMatchObject(mismatch);
		expect(refusal(count, { count: 0 }, {})).toMatchObject(mismatch);
		expect(refusal(region, { region: "" }, {})).toMatchObject(mismatch);
	});

	test.each([
		["null", { region: null }],
		["not there", {}],
		["not there, and no argument at all", undefined],
		["below something that is no object", "text"],
	])("leave out a value that is %s is served", (_what, args) => {
		expect(refusal(region, args, {})).toBeUndefined();
	});

	test("give a value that the arguments do not is refused: who routes by it would be misled", () => {
		for (const args of [{}, { region: null }, undefined]) {
			expect(refusal(region, args, { "mcp-param-region": "a" })).toMatchObject(
				mismatch,
			);
		}
	});

	test("hold the arguments' own members only, none that every object has", () => {
		const properties = { constructor: marked("Constructor") };
		expect(refusal(properties, {}, {})).toBeUndefined();
	});

	test.each([
		"42",
		"42.0",
		"42.00",
	])("say the integer 42 as %s is served", (text) => {
		expect(
			refusal(count, { count: 42 }, { "mcp-param-count": text }),
		).toBeUndefined();
	});

	test.each([
		"0x2a",
		"0b101010",
		"4.2e1",
		"+42",
		"42n",
		"Infinity",
		"4 2",
	])("say the integer 42 as %s is refused: it is no decimal", (text) => {
		expect(
			refusal(count, { count: 42 }, { "mcp-param-count": text }),
		).toMatchObject(mismatch);
	});

	test("are of a value of another type than the schema says is compared as text: what to think of it is the server's", () => {
		const headers = { "mcp-param-count": "42" };
		expect(refusal(count, { count: "42" }, headers)).toBeUndefined();
		expect(refusal(count, { count: "42.0" }, headers)).toMatchObject(mismatch);
		expect(refusal(count, { count: {} }, headers)).toMatchObject(mismatch);
		expect(
			refusal(dry, { dry: "true" }, { "mcp-param-dry": "true" }),
		).toBeUndefined();
	});

	test("say the integer 0 by nothing but space is refused", () => {
		for (const text of ["", " ", "=?base64?IA==?=", "=?base64??="]) {
			expect(
				refusal(count, { count: 0 }, { "mcp-param-count": text }),
			).toMatchObject(mismatch);
		}
	});

	test("compare a text as a text, also where it looks like a number", () => {
		expect(
			refusal(region, { region: "42" }, { "mcp-param-region": "42.0" }),
		).toMatchObject(mismatch);
	});

	test("may have the base64 form", () => {
		const encoded = { "mcp-param-region": "=?base64?SGVsbG8sIOS4lueVjA==?=" };
		expect(refusal(region, { region: "Hello, 世界" }, encoded)).toBeUndefined();
		expect(refusal(region, { region: "Hello" }, encoded)).toMatchObject(
			mismatch,
		);
		expect(
			refusal(region, { region: "" }, { "mcp-param-region": "=?base64??=" }),
		).toBeUndefined();
	});

	test.each([
		["no base64", "=?base64?a?="],
		["a control character", "a\x01"],
		["raw non-ASCII", "é"],
	])("have %s in them is refused", (_what, value) => {
		expect(
			refusal(region, { region: value }, { "mcp-param-region": value }),
		).toMatchObject(mismatch);
	});

	test("are of other names is served: whoever does not know them passes them on", () => {
		expect(
			refusal(region, {}, { "mcp-param-other": "x", region: "y" }),
		).toBeUndefined();
	});
});
