import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import type { Message } from "../../src/protocol/messages.ts";
import {
	isLegacyRevision,
	legacyRevisions,
	negotiate,
	unservedRevision,
	unsupportedRevision,
} from "../../src/protocol/revisions.ts";

const modern = "2026-07-28";
const call = (params?: Record<string, unknown>): Message => ({
	jsonrpc: "2.0",
	id: 1,
	method: "tools/call",
	...(params && { params }),
});
const meta = (version: unknown) =>
	call({ _meta: { "io.modelcontextprotocol/protocolVersion": version } });
const initialize: Message = {
	jsonrpc: "2.0",
	id: 0,
	method: "initialize",
	params: { protocolVersion: "2025-11-25" },
};

test.each(legacyRevisions)("who asks for %s gets it", (revision) => {
	expect(isLegacyRevision(revision)).toBe(true);
	expect(negotiate(revision)).toBe(revision);
});

test.each([
	modern,
	"1999-01-01",
	"",
	"latest",
	undefined,
	null,
	20251125,
	{},
])("who asks for %s gets the latest legacy revision", (requested) => {
	expect(negotiate(requested)).toBe("2025-11-25");
});

describe("a legacy request is served", () => {
	test.each<[string, string | null | undefined]>([
		["without a header", undefined],
		["with a header that is null", null],
		["with an empty header", ""],
		...legacyRevisions.map((one): [string, string] => [
			`with the header ${one}`,
			one,
		]),
		["with a doubled header", "2025-06-18, 2025-06-18"],
		["with two headers that differ", "2025-03-26,2025-11-25"],
		["with an unknown header beside a known one", "draft, 2025-06-18"],
		["with a known header before an unknown one", "2025-06-18, draft"],
	])("%s", (_name, header) => {
		expect(unservedRevision(call(), header)).toBeUndefined();
	});

	test("with _meta that names no revision", () => {
		expect(
			unservedRevision(call({ _meta: { progressToken: 1 } }), undefined),
		).toBeUndefined();
		expect(unservedRevision(call({ _meta: null }), "")).toBeUndefined();
	});
});

describe("a revision that is not served is named", () => {
	test.each([modern, "2024-10-07", "draft"])("by the header %s", (header) => {
		expect(unservedRevision(call(), header)).toBe(header);
	});

	test("by a doubled header, once", () => {
		expect(unservedRevision(call(), `${modern}, ${modern}`)).toBe(modern);
	});

	test("by _meta, with no header", () => {
		expect(unservedRevision(meta(modern), undefined)).toBe(modern);
	});

	test("by _meta, even where the header is a legacy one", () => {
		expect(unservedRevision(meta(modern), "2025-06-18")).toBe(modern);
	});

	test("by the header where there is no message, as with GET", () => {
		expect(unservedRevision(undefined, modern)).toBe(modern);
		expect(unservedRevision(undefined, "2025-06-18")).toBeUndefined();
	});

	test("by the header of a notification and of an answer", () => {
		const notification = { jsonrpc: "2.0", method: "notifications/x" } as const;
		const answer = { jsonrpc: "2.0", id: 1, result: {} } as const;
		expect(unservedRevision(notification, modern)).toBe(modern);
		expect(unservedRevision(answer, modern)).toBe(modern);
	});
});

test("on initialize, which has a version of its own, the header says nothing", () => {
	expect(unservedRevision(initialize, modern)).toBeUndefined();
	expect(unservedRevision(initialize, "nonsense")).toBeUndefined();
});

test("the refusal names what was asked for and what is served", () => {
	const error = unsupportedRevision(modern);
	expect(error.code).toBe(ErrorCode.unsupportedProtocolVersion);
	expect(error.data).toEqual({ supported: legacyRevisions, requested: modern });
	expect(error.message).toContain(modern);
	for (const revision of legacyRevisions)
		expect(error.message).toContain(revision);
});
