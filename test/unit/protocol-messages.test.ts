import { describe, expect, test } from "vitest";
import {
	asMessage,
	errorOf,
	isId,
	isRequest,
	resultOf,
} from "../../src/protocol/messages.ts";

const jsonrpc = "2.0";

describe("a message is", () => {
	test.each([
		["a request", { jsonrpc, id: 1, method: "a" }],
		["a request with id 0", { jsonrpc, id: 0, method: "a" }],
		["a request with an empty id", { jsonrpc, id: "", method: "a" }],
		["a request with a fraction as id", { jsonrpc, id: 1.5, method: "a" }],
		[
			"a request with params",
			{ jsonrpc, id: 1, method: "a", params: { b: 1 } },
		],
		["a notification", { jsonrpc, method: "a" }],
		["a result", { jsonrpc, id: "0", result: {} }],
		["an error", { jsonrpc, id: 1, error: { code: 1, message: "" } }],
		["an error with id null", { jsonrpc, id: null, error: { code: 1 } }],
		["an error without id", { jsonrpc, error: { code: 1, message: "" } }],
		["a request without jsonrpc", { id: 1, method: "a" }],
		[
			"a result with members of nobody's business",
			{ jsonrpc, id: 1, result: { a: [null] }, more: 1 },
		],
	])("%s, given back as it is", (_name, value) => {
		expect(asMessage(value)).toBe(value);
	});
});

describe("no message is", () => {
	test.each([
		["null", null],
		["a number", 42],
		["a string", "a"],
		["an array", [{ jsonrpc, id: 1, method: "a" }]],
		["an empty object", {}],
		["an object with an id alone", { jsonrpc, id: 1 }],
		["JSON-RPC 1.0", { jsonrpc: "1.0", id: 1, method: "a" }],
		["jsonrpc as a number", { jsonrpc: 2, id: 1, method: "a" }],
		["a method that is no string", { jsonrpc, id: 1, method: 1 }],
		["a request with id null", { jsonrpc, id: null, method: "a" }],
		["a request with an object as id", { jsonrpc, id: {}, method: "a" }],
		["a request with true as id", { jsonrpc, id: true, method: "a" }],
		[
			"a request with positional params",
			{ jsonrpc, id: 1, method: "a", params: [1] },
		],
		["a result without id", { jsonrpc, result: {} }],
		["a result with id null", { jsonrpc, id: null, result: {} }],
		["an error with an object as id", { jsonrpc, id: {}, error: {} }],
	])("%s", (_name, value) => {
		expect(asMessage(value)).toBeUndefined();
	});
});

test("only what has a method and an id wants an answer", () => {
	expect(isRequest({ jsonrpc, id: 0, method: "a" })).toBe(true);
	expect(isRequest({ jsonrpc, method: "a" })).toBe(false);
	expect(isRequest(resultOf(0, {}))).toBe(false);
	expect(isRequest(errorOf(null, { code: 1, message: "" }))).toBe(false);
});

test("an id is a string or a number, and keeps its type", () => {
	expect([0, "0", "", -1, 1.5].every(isId)).toBe(true);
	expect([null, undefined, true, {}, [], 1n].some(isId)).toBe(false);
	expect(resultOf(0, {}).id).toBe(0);
	expect(resultOf("0", {}).id).toBe("0");
});

test("null where something is left out counts as left out", () => {
	const request = { jsonrpc: "2.0", id: 1, method: "a" };
	expect(asMessage({ ...request, params: null })).toEqual(request);
	const response = { jsonrpc: "2.0", id: 1, result: {} };
	expect(asMessage({ ...response, error: null })).toEqual(response);
	expect(asMessage({ jsonrpc: "2.0", id: 1, error: null })).toBeUndefined();
});
