import { expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import {
	isLegacyRevision,
	legacyRevisions,
	negotiate,
	unsupportedRevision,
} from "../../src/protocol/revisions.ts";

const modern = "2026-07-28";
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

test("the refusal names what was asked for and what is served", () => {
	const error = unsupportedRevision(modern, legacyRevisions);
	expect(error.code).toBe(ErrorCode.unsupportedProtocolVersion);
	expect(error.data).toEqual({ supported: legacyRevisions, requested: modern });
	expect(error.message).toContain(modern);
	for (const revision of legacyRevisions)
		expect(error.message).toContain(revision);
});
