import { describe, expect, test } from "vitest";
import {
	metaKey,
	metaOf,
	modernMeta,
	namedVersion,
	readEnvelope,
	withMeta,
	withoutProtocolMeta,
} from "../../src/protocol/meta.ts";
import { modernMetaOf, modernRequestOf } from "../harness/modern-message.ts";

test("the reserved keys are those of the specification", () => {
	expect(metaKey).toEqual({
		protocolVersion: "io.modelcontextprotocol/protocolVersion",
		clientInfo: "io.modelcontextprotocol/clientInfo",
		clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
		logLevel: "io.modelcontextprotocol/logLevel",
		subscriptionId: "io.modelcontextprotocol/subscriptionId",
		serverInfo: "io.modelcontextprotocol/serverInfo",
	});
});

describe("the envelope of a modern request", () => {
	test("needs neither clientInfo nor logLevel", () => {
		expect(readEnvelope(modernRequestOf("a"))).toEqual({ capabilities: {} });
	});

	test("holds capabilities and info just as they came, unknown members included", () => {
		const capabilities = {
			elicitation: { form: {}, url: {} },
			extensions: { "com.example/x": { deep: [1] } },
		};
		const info = { name: "n", version: "1", icons: [], "x-own": true };
		const meta = {
			[metaKey.clientCapabilities]: capabilities,
			[metaKey.clientInfo]: info,
		};
		expect(readEnvelope(modernRequestOf("a", {}, { meta }))).toEqual({
			capabilities,
			info,
		});
	});

	test.each([
		"debug",
		"info",
		"notice",
		"warning",
		"error",
		"critical",
		"alert",
		"emergency",
	])("may ask for log messages from %s on", (logLevel) => {
		const meta = { [metaKey.logLevel]: logLevel };
		expect(readEnvelope(modernRequestOf("a", {}, { meta }))).toEqual({
			capabilities: {},
			logLevel,
		});
	});

	test.each([
		[metaKey.protocolVersion, 1],
		[metaKey.clientCapabilities, "all"],
		[metaKey.clientInfo, null],
		[metaKey.logLevel, "WARNING"],
		[metaKey.logLevel, null],
	])("is refused by the name of what is wrong with it: %s", (key, value) => {
		const meta = { [key]: value };
		expect(readEnvelope(modernRequestOf("a", {}, { meta }))).toEqual({
			problem: expect.stringContaining(`"${key}"`),
		});
	});
});

describe("what a request to a modern server says of its client", () => {
	test("stands beside the client's own keys and in place of what the client said itself", () => {
		const meta = {
			progressToken: 5,
			traceparent: "00-x",
			"com.example/own": { a: 1 },
			[metaKey.protocolVersion]: "2099-01-01",
			[metaKey.clientCapabilities]: { roots: {} },
		};
		const envelope = {
			capabilities: { sampling: {} },
			info: { name: "n", version: "1" },
			logLevel: "info",
		};
		expect(modernMeta(meta, envelope)).toEqual({
			progressToken: 5,
			traceparent: "00-x",
			"com.example/own": { a: 1 },
			[metaKey.protocolVersion]: "2026-07-28",
			[metaKey.clientCapabilities]: { sampling: {} },
			[metaKey.clientInfo]: { name: "n", version: "1" },
			[metaKey.logLevel]: "info",
		});
	});

	test("names no client and no log level where there is none", () => {
		for (const meta of [undefined, null, "x", []]) {
			expect(modernMeta(meta, { capabilities: {} })).toEqual(modernMetaOf());
		}
	});

	test("is read again as it was written", () => {
		const envelope = {
			capabilities: { roots: {} },
			info: { name: "n" },
			logLevel: "alert",
		};
		const params = { _meta: modernMeta(undefined, envelope) };
		const request = { jsonrpc: "2.0" as const, id: 1, method: "a", params };
		expect(readEnvelope(request)).toEqual(envelope);
	});
});

describe("an object", () => {
	test("loses the protocol's keys and keeps every other, those of extensions included", () => {
		const kept = {
			progressToken: 0,
			traceparent: "a",
			tracestate: "b",
			baggage: "c",
			"com.example/own": null,
			"io.modelcontextprotocol/related-task": { taskId: "t" },
		};
		const protocol = Object.fromEntries(
			Object.values(metaKey).map((key) => [key, "gone"]),
		);
		const params = { a: 1, _meta: { ...kept, ...protocol } };
		expect(withoutProtocolMeta(params)).toEqual({ a: 1, _meta: kept });
		expect(params._meta).toMatchObject(protocol);
	});

	test("loses _meta itself where nothing is left in it", () => {
		expect(withoutProtocolMeta({ a: 1, _meta: modernMetaOf() })).toStrictEqual({
			a: 1,
		});
	});

	test.each([
		[{ a: 1 }],
		[{ _meta: "text" }],
		[{ _meta: null }],
	])("without a _meta stays as it is: %j", (members) => {
		expect(withoutProtocolMeta(members)).toStrictEqual(members);
	});

	test("gets a key beside those it has, and a _meta where it has none", () => {
		expect(withMeta({ a: 1, _meta: { b: 2, c: 3 } }, "c", 4)).toEqual({
			a: 1,
			_meta: { b: 2, c: 4 },
		});
		expect(withMeta({ a: 1 }, "c", 4)).toEqual({ a: 1, _meta: { c: 4 } });
		expect(withMeta(undefined, "c", 4)).toEqual({ _meta: { c: 4 } });
	});
});

test("the version is read from _meta alone, whatever it is", () => {
	expect(namedVersion({ _meta: modernMetaOf() })).toBe("2026-07-28");
	expect(namedVersion({ _meta: { [metaKey.protocolVersion]: 1 } })).toBe(1);
	expect(namedVersion({ protocolVersion: "2026-07-28" })).toBeUndefined();
	expect(namedVersion({ _meta: [] })).toBeUndefined();
	expect(namedVersion(undefined)).toBeUndefined();
	expect(metaOf({ _meta: [1] })).toBeUndefined();
});
