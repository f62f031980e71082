import { describe, expect, test } from "vitest";
import {
	initializeResult,
	legacyError,
	legacyResult,
	modernRequest,
} from "../../src/eras/to-legacy.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import { modernMetaOf } from "../harness/modern-message.ts";

const serverInfo = { name: "server", version: "1", title: "A server" };
const stamped = { [metaKey.serverInfo]: serverInfo };

describe("a request on its way to a modern server", () => {
	const envelope = { capabilities: { roots: {} }, logLevel: "info" };
	const meta = modernMetaOf({
		[metaKey.clientCapabilities]: { roots: {} },
		[metaKey.logLevel]: "info",
	});

	test("says whose it is, beside what it says itself", () => {
		const request = {
			jsonrpc: "2.0" as const,
			id: "x",
			method: "tools/call",
			params: { name: "a", _meta: { progressToken: "t" } },
		};
		expect(modernRequest(request, envelope)).toEqual({
			jsonrpc: "2.0",
			id: "x",
			method: "tools/call",
			params: { name: "a", _meta: { ...meta, progressToken: "t" } },
		});
	});

	test("has params for that where it had none", () => {
		const request = { jsonrpc: "2.0" as const, id: 1, method: "tools/list" };
		expect(modernRequest(request, envelope).params).toEqual({ _meta: meta });
	});
});

describe("the answer to initialize", () => {
	test("is what server/discover said, in the latest legacy revision", () => {
		const discovered = {
			resultType: "complete",
			supportedVersions: ["2026-07-28"],
			capabilities: { tools: {}, extensions: { "x/y": {} } },
			instructions: "Be kind",
			ttlMs: 5,
			cacheScope: "public",
			_meta: { ...stamped, "x/y": 1 },
		};
		expect(initializeResult(discovered)).toStrictEqual({
			protocolVersion: "2025-11-25",
			capabilities: { tools: {}, extensions: { "x/y": {} } },
			serverInfo,
			instructions: "Be kind",
			_meta: { "x/y": 1 },
		});
	});

	test("names a server also where it has not said who it is, since that is required here", () => {
		expect(initializeResult({ supportedVersions: [] })).toStrictEqual({
			protocolVersion: "2025-11-25",
			capabilities: {},
			serverInfo: { name: "unknown", version: "unknown" },
		});
	});
});

describe("a modern server's result", () => {
	test("loses the members that only the modern revision has, and no other", () => {
		const result = {
			resultType: "complete",
			ttlMs: 1,
			cacheScope: "public",
			prompts: [{ name: "a", icons: [] }],
			nextCursor: "c",
			"x-own": 1,
			_meta: { ...stamped, "x/y": 1 },
		};
		expect(legacyResult("prompts/list", result)).toStrictEqual({
			prompts: [{ name: "a", icons: [] }],
			nextCursor: "c",
			"x-own": 1,
			_meta: { "x/y": 1 },
		});
		expect(
			legacyResult("prompts/get", { resultType: "complete", _meta: stamped }),
		).toStrictEqual({});
	});

	test("of tools/call keeps structured content that is an object", () => {
		const result = { content: [], structuredContent: { sum: 3 } };
		expect(legacyResult("tools/call", result)).toStrictEqual(result);
	});

	test.each([
		[[1, 2]],
		["text"],
		[5],
		[false],
		[null],
	])("of tools/call says %j as text, since a legacy client takes objects only", (structuredContent) => {
		const image = { type: "image", data: "", mimeType: "image/png" };
		const text = { type: "text", text: JSON.stringify(structuredContent) };
		const call = (result: Record<string, unknown>) =>
			legacyResult("tools/call", { ...result, structuredContent });
		expect(call({ content: [image] })).toStrictEqual({
			content: [image, text],
		});
		expect(call({ isError: true })).toStrictEqual({
			isError: true,
			content: [text],
		});
		// A text is there already: the server has said it so itself.
		const said = { content: [{ type: "text", text: "1 and 2" }] };
		expect(call(said)).toStrictEqual(said);
	});

	test("of tools/list loses output schemas of anything but an object, which would make clients refuse the whole list", () => {
		const object = { name: "a", outputSchema: { type: "object" } };
		const array = { name: "b", title: "B", outputSchema: { type: "array" } };
		const open = { name: "c", outputSchema: { oneOf: [] } };
		const none = { name: "d", inputSchema: { type: "object" } };
		const result = { tools: [object, array, open, none, "e"] };
		expect(legacyResult("tools/list", result)).toStrictEqual({
			tools: [object, { name: "b", title: "B" }, { name: "c" }, none, "e"],
		});
	});

	test("of another method may have such members of its own", () => {
		const result = { tools: [{ outputSchema: { type: "array" } }] };
		expect(legacyResult("x/y", result)).toStrictEqual(result);
		const structured = { structuredContent: [1] };
		expect(legacyResult("x/y", structured)).toStrictEqual(structured);
	});
});

describe("a modern server's error", () => {
	const unknown = { code: -32602, message: "m", data: { uri: "a:b" } };

	test("of an unknown resource has the code that legacy revisions have for it", () => {
		expect(legacyError(unknown, "resources/read")).toEqual({
			...unknown,
			code: -32002,
		});
	});

	test("is its own everywhere else", () => {
		expect(legacyError(unknown, "tools/call")).toEqual(unknown);
		const other = { code: -32602, message: "m" };
		expect(legacyError(other, "resources/read")).toEqual(other);
		const internal = { code: -32603, message: "m", data: { uri: "a:b" } };
		expect(legacyError(internal, "resources/read")).toEqual(internal);
	});
});
