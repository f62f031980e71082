import { expect, test } from "vitest";
import { printable, resultText, toolsText } from "../../src/cli/show-result.ts";

/** What people see of tools and their results. */

test("texts of a result come as they are, and what is no text as a line that says what it is", () => {
	const content = [
		{ type: "text", text: "one\ntwo\n" },
		{ type: "image", mimeType: "image/png", data: "AAAA" },
		{ type: "resource_link", uri: "file:///a" },
		{ type: "resource", resource: { uri: "file:///b", text: "inside" } },
		{
			type: "resource",
			resource: { uri: "file:///c", mimeType: "x/y", blob: "AAAA" },
		},
	];
	expect(resultText({ content })).toBe(
		"one\ntwo\n[image: image/png, 3 bytes]\n[resource: file:///a]\ninside\n[resource: file:///c, x/y, 3 bytes]\n",
	);
});

test("structured content is shown where no text says the same", () => {
	const structuredContent = { a: 1 };
	expect(resultText({ content: [], structuredContent })).toBe('{"a":1}\n');
	const content = [{ type: "text", text: "a is 1" }];
	expect(resultText({ content, structuredContent })).toBe("a is 1\n");
});

test("a result of a kind that is not known is shown whole", () => {
	expect(resultText({ other: 1 })).toBe('{"other":1}\n');
});

test("a tool is its name, its parameters, required ones first, and the first line of what it does", () => {
	const properties = { a: { type: "string" }, b: {}, c: { type: "integer" } };
	const inputSchema = { properties, required: ["c"] };
	const tools = [
		{ name: "x", description: "Does x.\n\nAt length.", inputSchema },
		{ name: "y" },
	];
	expect(toolsText(tools)).toBe("x c=integer [a=string] [b]\n  Does x.\ny\n");
});

test("nothing that a terminal would obey is left, and lines and tabs are", () => {
	expect(printable("a\u001b[31m\tb\r\nc\u009b")).toBe(
		"a\\u001b[31m\tb\\u000d\nc\\u009b",
	);
});
