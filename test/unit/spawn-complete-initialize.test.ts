import { expect, test } from "vitest";
import { completeInitialize } from "../../src/spawn/initialize-child.ts";

const whole = {
	protocolVersion: "2025-11-25",
	capabilities: { tools: {}, "x-own": {} },
	serverInfo: { name: "own", version: "1", title: "Own" },
	instructions: "Read this",
};

test("an answer that has everything is passed on as it is", () => {
	expect(completeInitialize(whole, "entry")).toBe(whole);
});

test.each([
	["no capabilities", { capabilities: undefined }, {}],
	[
		"capabilities of null",
		{ capabilities: { tools: null, logging: {} } },
		{ logging: {} },
	],
	["PHP's empty objects", { capabilities: { tools: [] } }, { tools: {} }],
	["an array of capabilities", { capabilities: ["tools"] }, {}],
])("%s become objects", (_name, given, capabilities) => {
	expect(completeInitialize({ ...whole, ...given }, "entry")).toEqual({
		...whole,
		capabilities,
	});
});

test.each([
	["without a name", undefined, { name: "entry", version: "unknown" }],
	[
		"without a version",
		{ name: "own", title: "Own" },
		{ name: "own", title: "Own", version: "unknown" },
	],
])("a server %s gets one", (_name, serverInfo, expected) => {
	expect(
		completeInitialize({ ...whole, serverInfo }, "entry").serverInfo,
	).toEqual(expected);
});
