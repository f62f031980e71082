import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHeader, refuseHeaders } from "../../src/protocol/headers.ts";
import type { Members } from "../../src/protocol/messages.ts";
import { anyText } from "../harness/any-text.ts";
import { modernRequestOf } from "../harness/modern-message.ts";

type Headers = Record<string, string | undefined>;

/** The refusal of a request with the headers that mirror it, but for those given. */
function refusal(method: string, params: Members, headers: Headers) {
	const all: Headers = {
		"mcp-protocol-version": "2026-07-28",
		"mcp-method": method,
		...headers,
	};
	return refuseHeaders(modernRequestOf(method, params), (name) => all[name]);
}
const encode = (text: string) =>
	`=?base64?${Buffer.from(text).toString("base64")}?=`;

describe("Mcp-Method", () => {
	test("has to be the method, in its own case", () => {
		expect(refusal("tools/list", {}, {})).toBeUndefined();
		for (const method of ["Tools/List", "tools/call", "", "tools/list/"]) {
			expect(refusal("tools/list", {}, { "mcp-method": method })).toMatchObject(
				{ code: -32020, message: expect.stringContaining("Mcp-Method") },
			);
		}
	});

	test("is required of every request, a method that nobody knows included", () => {
		for (const method of ["server/discover", "example/unknown"]) {
			expect(refusal(method, {}, {})).toBeUndefined();
			expect(refusal(method, {}, { "mcp-method": undefined })).toMatchObject({
				code: -32020,
			});
		}
	});

	test("may have white space round it, as every header", () => {
		const headers = { "mcp-method": " tools/list\t" };
		expect(refusal("tools/list", {}, headers)).toBeUndefined();
	});

	test("has no base64 form", () => {
		const headers = { "mcp-method": encode("tools/list") };
		expect(refusal("tools/list", {}, headers)).toMatchObject({ code: -32020 });
	});
});

describe("Mcp-Name", () => {
	test.each([
		["tools/call", { name: "echo" }, "echo"],
		["prompts/get", { name: "greet" }, "greet"],
		["resources/read", { uri: "file:///a b" }, "file:///a b"],
		["tasks/get", { taskId: "Task-1", name: "x" }, "Task-1"],
		["tasks/update", { taskId: "Task-1" }, "Task-1"],
		["tasks/cancel", { taskId: "Task-1" }, "Task-1"],
	])("mirrors what %s is for", (method, params, name) => {
		expect(refusal(method, params, { "mcp-name": name })).toBeUndefined();
		for (const wrong of [undefined, "", name.toUpperCase(), `${name}x`]) {
			expect(refusal(method, params, { "mcp-name": wrong })).toMatchObject({
				code: -32020,
				message: expect.stringMatching(/^Header mismatch: .*Mcp-Name/),
			});
		}
	});

	test("is not asked of other methods, whatever their params", () => {
		for (const method of [
			"completion/complete",
			"resources/list",
			"tasks/list",
			"x/y",
		]) {
			const params = { name: "a", uri: "b", taskId: "c" };
			expect(refusal(method, params, {})).toBeUndefined();
		}
	});

	test("is the uri of resources/read, not its name, and the other way round", () => {
		const params = { name: "a", uri: "b:c" };
		expect(
			refusal("resources/read", params, { "mcp-name": "a" }),
		).toMatchObject({ code: -32020 });
		expect(refusal("tools/call", params, { "mcp-name": "b:c" })).toMatchObject({
			code: -32020,
		});
	});

	test("is not missed where the body has no name: that is the server's to refuse", () => {
		expect(refusal("tools/call", {}, {})).toBeUndefined();
		expect(refusal("tools/call", { name: 5 }, {})).toBeUndefined();
	});

	test.each([
		["plain ASCII", "us-west1", "us-west1"],
		["non-ASCII", "Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="],
		["spaces at its ends", " padded ", "=?base64?IHBhZGRlZCA=?="],
		["a newline", "line1\nline2", "=?base64?bGluZTEKbGluZTI=?="],
		[
			"the look of base64",
			"=?base64?literal?=",
			"=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=",
		],
	])("takes a value with %s as the specification encodes it", (_what, name, value) => {
		expect(
			refusal("tools/call", { name }, { "mcp-name": value }),
		).toBeUndefined();
	});

	test.each([
		["no base64", "=?base64?!!!?="],
		["base64 without its padding", "=?base64?SGVsbG8sIOS4lueVjA?="],
		["base64url", `=?base64?${"-".repeat(4)}?=`],
		["base64 of no UTF-8", "=?base64?/w==?="],
		["a control character", "a\x01"],
		["raw non-ASCII", "é"],
		["raw UTF-8, as a server that reads bytes sees it", "Ã©"],
	])("is refused where it is %s", (_what, value) => {
		// Whatever the name: none of these is one.
		for (const name of ["", "é", "a", "\ufffd", value]) {
			expect(
				refusal("tools/call", { name }, { "mcp-name": value }),
			).toMatchObject({ code: -32020 });
		}
	});

	test("counts as plain where the markers are in another case or only one is there", () => {
		for (const name of ["=?BASE64?YQ==?=", "=?base64?YQ==", "YQ==?="]) {
			expect(
				refusal("tools/call", { name }, { "mcp-name": name }),
			).toBeUndefined();
			expect(
				refusal("tools/call", { name: "a" }, { "mcp-name": name }),
			).toMatchObject({ code: -32020 });
		}
	});
});

test("every text survives the base64 form, be it of any script, empty or a byte order mark", () => {
	const texts = fc.oneof(
		anyText(),
		fc.constantFrom("", "\ufeff", "\ufeffname", "a\ufeff", "\0"),
	);
	fc.assert(
		fc.property(texts, (text) => {
			expect(decodeHeader(encode(text))).toBe(text);
		}),
	);
});

test("a plain value is itself exactly where it is visible ASCII, space and tab", () => {
	fc.assert(
		fc.property(anyText(6), (text) => {
			const isPlain = [...text].every(
				(unit) => unit === "\t" || (unit >= " " && unit <= "~"),
			);
			expect(decodeHeader(text)).toBe(isPlain ? text : undefined);
		}),
	);
});
