import * as modern from "@modelcontextprotocol/client";
import * as legacy from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import {
	assumedRevision,
	latestLegacyRevision,
	legacyRevisions,
} from "../../src/protocol/revisions.ts";

test("error codes are those of the SDKs", () => {
	const upper = (name: string) => name[0]?.toLowerCase() + name.slice(1);
	const codes = (of: object) =>
		Object.entries(of)
			.filter(([, code]) => typeof code === "number")
			.map(([name, code]): [string, number] => [upper(name), code]);
	const theirs = new Map([
		...codes(legacy.ErrorCode),
		...codes(modern.ProtocolErrorCode),
	]);
	/** What the bridge calls otherwise, since it says something else by it. */
	const renamed: Record<string, string> = {
		connectionClosed: "serverUnavailable",
		missingRequiredClientCapability: "missingClientCapability",
	};
	for (const [name, code] of theirs) {
		const own = renamed[name] ?? name;
		expect([own, ErrorCode[own as keyof typeof ErrorCode]]).toEqual([
			own,
			code,
		]);
	}
	expect(theirs.size).toBe(11);
});

test("revisions are those of the SDKs, but for the draft that they still know", () => {
	const { SUPPORTED_PROTOCOL_VERSIONS: supported } = legacy;
	expect(legacyRevisions.toReversed()).toEqual(
		supported.filter((revision) => revision !== "2024-10-07"),
	);
	expect(modern.SUPPORTED_PROTOCOL_VERSIONS).toEqual(supported);
	expect(latestLegacyRevision).toBe(legacy.LATEST_PROTOCOL_VERSION);
	expect(assumedRevision).toBe(legacy.DEFAULT_NEGOTIATED_PROTOCOL_VERSION);
});

test("the keys of _meta are those of the SDKs", () => {
	expect(metaKey).toEqual({
		protocolVersion: modern.PROTOCOL_VERSION_META_KEY,
		clientInfo: modern.CLIENT_INFO_META_KEY,
		clientCapabilities: modern.CLIENT_CAPABILITIES_META_KEY,
		logLevel: modern.LOG_LEVEL_META_KEY,
		subscriptionId: modern.SUBSCRIPTION_ID_META_KEY,
		serverInfo: modern.SERVER_INFO_META_KEY,
	});
});
