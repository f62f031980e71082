import { describe, expect, test } from "vitest";
import {
	discoverResult,
	legacyRequest,
	modernError,
	modernResult,
} from "../../src/eras/to-modern.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import { modernRequestOf } from "../harness/modern-message.ts";

const serverInfo = { name: "server", version: "1" };

describe("a request on its way to a legacy server", () => {
	test("loses what the protocol says of the client and keeps everything else", () => {
		const request = modernRequestOf(
			"tools/call",
			{ name: "a", arguments: { _meta: 1 }, "x-own": null },
			{
				id: "x",
				meta: {
					progressToken: 0,
					traceparent: "t",
					[metaKey.clientInfo]: { name: "n" },
					[metaKey.logLevel]: "info",
				},
			},
		);
		expect(legacyRequest(request)).toStrictEqual({
			jsonrpc: "2.0",
			id: "x",
			method: "tools/call",
			params: {
				name: "a",
				arguments: { _meta: 1 },
				"x-own": null,
				_meta: { progressToken: 0, traceparent: "t" },
			},
		});
	});

	test("loses the answers and the state of a retry", () => {
		const request = modernRequestOf("tools/call", {
			name: "a",
			inputResponses: { a: {} },
			requestState: "s",
		});
		expect(legacyRequest(request).params).toStrictEqual({ name: "a" });
	});

	test("has params only where it had some", () => {
		const request = { jsonrpc: "2.0" as const, id: 1, method: "a" };
		expect(legacyRequest(request)).toStrictEqual(request);
	});
});

describe("a legacy server's result", () => {
	test("is complete and says whose it is", () => {
		const result = { tools: [], nextCursor: "c", _meta: { "x/y": 1 } };
		expect(modernResult("prompts/get", result, serverInfo)).toStrictEqual({
			tools: [],
			nextCursor: "c",
			resultType: "complete",
			_meta: { "x/y": 1, [metaKey.serverInfo]: serverInfo },
		});
	});

	test("says nothing of the server where that is not known", () => {
		for (const unknown of [undefined, null, "name"]) {
			expect(modernResult("tools/call", {}, unknown)).toStrictEqual({
				resultType: "complete",
			});
		}
	});

	test.each([
		"server/discover",
		"tools/list",
		"prompts/list",
		"resources/list",
		"resources/templates/list",
		"resources/read",
	])("of %s may not be kept, and by nobody else", (method) => {
		expect(modernResult(method, {}, serverInfo)).toMatchObject({
			ttlMs: 0,
			cacheScope: "private",
		});
	});

	test.each([
		"tools/call",
		"prompts/get",
		"completion/complete",
		"x/y",
	])("of %s has no hints for caches", (method) => {
		const result = modernResult(method, {}, serverInfo);
		expect(Object.keys(result).sort()).toEqual(["_meta", "resultType"]);
	});

	test("keeps its lists in their order", () => {
		const tools = ["c", "a", "b"].map((name) => ({ name }));
		expect(modernResult("tools/list", { tools }, undefined).tools).toBe(tools);
	});
});

describe("the answer to server/discover", () => {
	const initialized = {
		protocolVersion: "2025-06-18",
		capabilities: {
			tools: { listChanged: true },
			logging: {},
			experimental: { "x/y": {} },
			tasks: { list: {} },
		},
		serverInfo,
		instructions: "Be kind",
		_meta: { "x/y": 1 },
	};

	test("is what initialize said, and every revision that is served", () => {
		expect(discoverResult(initialized)).toStrictEqual({
			resultType: "complete",
			supportedVersions: [
				"2026-07-28",
				"2025-11-25",
				"2025-06-18",
				"2025-03-26",
				"2024-11-05",
			],
			capabilities: {
				tools: { listChanged: true },
				logging: {},
				experimental: { "x/y": {} },
			},
			instructions: "Be kind",
			ttlMs: 0,
			cacheScope: "private",
			_meta: { "x/y": 1, [metaKey.serverInfo]: serverInfo },
		});
	});

	test("has capabilities and no instructions where initialize said nothing", () => {
		const result = discoverResult({});
		expect(result.capabilities).toEqual({});
		expect(result).not.toHaveProperty("instructions");
		expect(result).not.toHaveProperty("_meta");
	});
});

describe("a legacy server's error", () => {
	const error = (code: number, data?: unknown) => ({
		code,
		message: "m",
		...(data === undefined ? {} : { data }),
	});

	test("of an unknown resource has the code of this revision, and names the resource", () => {
		expect(modernError(error(-32002, { uri: "a:b", more: 1 }), {})).toEqual({
			code: -32602,
			message: "m",
			data: { uri: "a:b", more: 1 },
		});
		expect(modernError(error(-32002), { uri: "c:d" })).toEqual({
			code: -32602,
			message: "m",
			data: { uri: "c:d" },
		});
	});

	test.each([
		-32700, -32600, -32601, -32602, -32603, -32800, -31999, -32100, -1, 0, 1,
		404,
	])("%i is its own", (code) => {
		expect(modernError(error(code, [1]), undefined)).toEqual(error(code, [1]));
	});

	test.each([
		-32000, -32001, -32005, -32019, -32023, -32099,
	])("%i, which the specification keeps, becomes an internal error with the same words and data", (code) => {
		expect(modernError(error(code, { why: 1 }), undefined)).toEqual(
			error(-32603, { why: 1 }),
		);
	});

	test("-32042, which sends the user to a URL, names the capability that this would take", () => {
		expect(
			modernError(error(-32042, { elicitations: [] }), undefined),
		).toMatchObject({
			code: -32021,
			data: { requiredCapabilities: { elicitation: { url: {} } } },
		});
	});

	test.each([-32020, -32021, -32022])("%i is one that is defined", (code) => {
		expect(modernError(error(code), undefined)).toEqual(error(code));
	});
});
