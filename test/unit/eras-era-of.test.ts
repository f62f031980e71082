import { describe, expect, test } from "vitest";
import { eraOf, foreignToLegacy } from "../../src/eras/era-of.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import type { Members, Message } from "../../src/protocol/messages.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import { modernRequestOf } from "../harness/modern-message.ts";

type Headers = Record<string, string | undefined>;
const header = (headers: Headers) => (name: string) => headers[name];
const modern = "2026-07-28";
const legacyRevisions = [
	"2024-11-05",
	"2025-03-26",
	"2025-06-18",
	"2025-11-25",
];

const mirrored = (method: string, more: Headers = {}): Headers => ({
	"mcp-protocol-version": modern,
	"mcp-method": method,
	...more,
});
const plain = (method = "tools/list", params?: Members): Message => ({
	jsonrpc: "2.0",
	id: 7,
	method,
	...(params && { params }),
});
const notification = (params?: Members): Message => ({
	jsonrpc: "2.0",
	method: "notifications/example",
	...(params && { params }),
});
const named = (version: unknown, more: Members = {}): Members => ({
	_meta: { [metaKey.protocolVersion]: version, ...more },
});

const era = (message: Message, headers: Headers) =>
	eraOf(message, header(headers));
const codeOf = (message: Message, headers: Headers) => {
	const served = era(message, headers);
	return "refusal" in served ? served.refusal.code : served.era;
};

describe("a message is legacy", () => {
	test.each([
		["no header at all", {}],
		...legacyRevisions.map((revision): [string, Headers] => [
			revision,
			{ "mcp-protocol-version": revision },
		]),
		[
			"a header that a proxy has doubled",
			{ "mcp-protocol-version": "2025-06-18, 2025-06-18" },
		],
		[
			"a header with one known revision among others",
			{ "mcp-protocol-version": "2099-01-01, 2025-11-25" },
		],
		["an empty header", { "mcp-protocol-version": "" }],
	])("where it names no revision and has %s", (_what, headers) => {
		expect(era(plain(), headers)).toEqual({ era: "legacy" });
		expect(era(notification(), headers)).toEqual({ era: "legacy" });
	});

	test.each([
		[undefined],
		[modern],
		["2099-01-01"],
		["nonsense"],
	])("where it is initialize, which has a version of its own, whatever its header says: %s", (version) => {
		const headers = { "mcp-protocol-version": version };
		expect(
			era(plain("initialize", { protocolVersion: modern }), headers),
		).toEqual({ era: "legacy" });
	});

	test.each(legacyRevisions)("where its _meta names %s", (revision) => {
		const message = plain("tools/list", named(revision));
		expect(era(message, { "mcp-protocol-version": revision })).toEqual({
			era: "legacy",
		});
		expect(era(message, {})).toEqual({ era: "legacy" });
	});

	test("where it is a response, which no modern client sends", () => {
		const headers = mirrored("tools/list");
		expect(era({ jsonrpc: "2.0", id: 1, result: {} }, headers)).toEqual({
			era: "legacy",
		});
		const error = { code: 1, message: "x" };
		expect(era({ jsonrpc: "2.0", id: 1, error }, headers)).toEqual({
			era: "legacy",
		});
	});
});

describe("a request is modern", () => {
	test("where its _meta names the revision and the headers mirror it", () => {
		const info = { name: "client", version: "1" };
		const request = modernRequestOf(
			"tools/list",
			{},
			{
				meta: {
					[metaKey.clientCapabilities]: { roots: {} },
					[metaKey.clientInfo]: info,
					[metaKey.logLevel]: "warning",
				},
			},
		);
		expect(era(request, mirrored("tools/list"))).toEqual({
			era: "modern",
			request,
			envelope: { capabilities: { roots: {} }, info, logLevel: "warning" },
		});
	});

	test("also initialize, which is no method of it: whoever serves it says so", () => {
		const request = modernRequestOf("initialize");
		expect(era(request, mirrored("initialize"))).toMatchObject({
			era: "modern",
			request,
		});
	});

	test("and a notification too, of which there is nothing to serve", () => {
		expect(era(notification(), mirrored("notifications/example"))).toEqual({
			era: "modern",
		});
		expect(era(notification(named(modern)), {})).toEqual({ era: "modern" });
	});
});

describe("a modern request is refused", () => {
	const request = modernRequestOf("tools/list");

	test.each<[string, Headers]>([
		["MCP-Protocol-Version is missing", { "mcp-method": "tools/list" }],
		[
			"MCP-Protocol-Version names another revision",
			mirrored("tools/list", { "mcp-protocol-version": "2025-11-25" }),
		],
		[
			"MCP-Protocol-Version names none that there is",
			mirrored("tools/list", { "mcp-protocol-version": "2099-01-01" }),
		],
		["Mcp-Method is missing", { "mcp-protocol-version": modern }],
		["Mcp-Method names another method", mirrored("tools/call")],
	])("with HeaderMismatch where %s", (_what, headers) => {
		expect(codeOf(request, headers)).toBe(-32020);
	});

	test("with HeaderMismatch where header and _meta name two unknown revisions", () => {
		const unknown = modernRequestOf(
			"tools/list",
			{},
			{ meta: { [metaKey.protocolVersion]: "2099-01-01" } },
		);
		const headers = mirrored("tools/list", {
			"mcp-protocol-version": "2099-02-02",
		});
		expect(codeOf(unknown, headers)).toBe(-32020);
	});

	test("with HeaderMismatch where the header is modern and _meta names a legacy revision", () => {
		const message = plain(
			"tools/list",
			named("2025-11-25", { [metaKey.clientCapabilities]: {} }),
		);
		expect(codeOf(message, mirrored("tools/list"))).toBe(-32020);
	});

	test.each<[string, Members | undefined]>([
		["no params", undefined],
		["no _meta", {}],
		["a _meta that is no object", { _meta: "x" }],
		["an empty _meta", { _meta: {} }],
		[
			"a _meta without the revision",
			{ _meta: { [metaKey.clientCapabilities]: {} } },
		],
		["a _meta without capabilities", named(modern)],
		[
			"capabilities that are no object",
			named(modern, { [metaKey.clientCapabilities]: [] }),
		],
		[
			"capabilities that are null",
			named(modern, { [metaKey.clientCapabilities]: null }),
		],
		[
			"a client's name instead of its info",
			named(modern, {
				[metaKey.clientCapabilities]: {},
				[metaKey.clientInfo]: "me",
			}),
		],
		[
			"a log level that there is not",
			named(modern, {
				[metaKey.clientCapabilities]: {},
				[metaKey.logLevel]: "loud",
			}),
		],
		[
			"a revision that is no string",
			named(20260728, { [metaKey.clientCapabilities]: {} }),
		],
	])("with invalid params where it has %s", (_what, params) => {
		const served = era(plain("tools/list", params), mirrored("tools/list"));
		expect(served).toMatchObject({
			refusal: { code: ErrorCode.invalidParams },
		});
	});

	test("with invalid params, and not as a legacy one, where its _meta names something that is no revision and it has no header", () => {
		expect(codeOf(plain("tools/list", named(null)), {})).toBe(-32602);
	});

	test("names what is wrong with _meta", () => {
		const served = era(
			plain("tools/list", named(modern)),
			mirrored("tools/list"),
		);
		expect(served).toMatchObject({
			refusal: {
				message: expect.stringContaining(
					"io.modelcontextprotocol/clientCapabilities",
				),
			},
		});
	});
});

describe("a revision that is not served is refused with all that are", () => {
	const error = (requested: string) => ({
		refusal: {
			code: -32022,
			message: expect.stringContaining(requested),
			data: { supported: [modern, ...legacyRevisions.toReversed()], requested },
		},
	});

	test("where header and _meta agree on it", () => {
		const request = modernRequestOf(
			"tools/list",
			{},
			{ meta: { [metaKey.protocolVersion]: "1900-01-01" } },
		);
		const headers = { "mcp-protocol-version": "1900-01-01" };
		expect(era(request, headers)).toEqual(error("1900-01-01"));
	});

	test("also where a later revision wants less in _meta than this one", () => {
		const message = plain("tools/list", named("2027-01-01"));
		const headers = mirrored("tools/list", {
			"mcp-protocol-version": "2027-01-01",
		});
		expect(era(message, headers)).toEqual(error("2027-01-01"));
	});

	test("where only the header names it, for requests and notifications alike", () => {
		const headers = { "mcp-protocol-version": "2099-01-01" };
		expect(era(plain(), headers)).toEqual(error("2099-01-01"));
		expect(era(notification(), headers)).toEqual(error("2099-01-01"));
	});
});

describe("HTTP+SSE, which is legacy, cannot serve", () => {
	const foreign = (message: Message, headers: Headers = {}) =>
		foreignToLegacy(message, header(headers));

	test("a revision that _meta names and is none of its own", () => {
		expect(foreign(modernRequestOf("tools/list"))).toBe(modern);
		expect(foreign(modernRequestOf("initialize"))).toBe(modern);
		expect(foreign(plain("a", named("2099-01-01")))).toBe("2099-01-01");
	});

	test("a revision that only the header names, except on initialize", () => {
		const headers = { "mcp-protocol-version": modern };
		expect(foreign(plain(), headers)).toBe(modern);
		expect(foreign(notification(), headers)).toBe(modern);
		expect(foreign(plain("initialize"), headers)).toBeUndefined();
	});

	test("and serves everything else", () => {
		expect(foreign(plain())).toBeUndefined();
		expect(foreign(plain("a", named("2025-11-25")))).toBeUndefined();
		const headers = { "mcp-protocol-version": modern };
		expect(foreign(plain("a", named("2025-11-25")), headers)).toBeUndefined();
		const response: Message = { jsonrpc: "2.0", id: 1, result: {} };
		expect(foreign(response, headers)).toBeUndefined();
		expect(
			foreign(plain(), { "mcp-protocol-version": "2025-06-18" }),
		).toBeUndefined();
	});
});
