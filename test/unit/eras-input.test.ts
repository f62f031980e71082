import { describe, expect, test } from "vitest";
import {
	canBeAsked,
	declares,
	inputRequestOf,
	mayAsk,
	oneWayCapabilities,
	questionOf,
	requiredCapability,
	withParams,
} from "../../src/eras/input.ts";
import type { Members } from "../../src/protocol/messages.ts";

test("the server may ask during just the three requests that the specification names", () => {
	for (const method of ["tools/call", "prompts/get", "resources/read"]) {
		expect(mayAsk(method)).toBe(true);
	}
	for (const method of [
		"tools/list",
		"completion/complete",
		"server/discover",
		"subscriptions/listen",
	]) {
		expect(mayAsk(method)).toBe(false);
	}
});

test.each<[Members, boolean]>([
	[{}, false],
	[{ experimental: {}, extensions: {} }, false],
	[{ sampling: {} }, true],
	[{ elicitation: {} }, true],
	[{ roots: { listChanged: true } }, true],
])("a client that declares %j can be asked: %s", (capabilities, expected) => {
	expect(canBeAsked(capabilities)).toBe(expected);
});

test("what a client declares besides what it can be asked is all but that, and nothing where it only names where extensions would stand", () => {
	const declared = {
		extensions: { "io.modelcontextprotocol/ui": {} },
		experimental: { a: [1] },
		tasks: {},
		"x-unknown": null,
	};
	const asking = { sampling: {}, elicitation: { form: {} }, roots: {} };
	expect(oneWayCapabilities({ ...asking, ...declared })).toEqual(declared);
	for (const nothing of [{}, null, "a", []]) {
		const capabilities = { extensions: nothing, experimental: nothing };
		expect(oneWayCapabilities(capabilities)).toEqual({});
	}
});

describe("a client", () => {
	const form = requiredCapability("elicitation/create", { message: "m" });
	const url = requiredCapability("elicitation/create", { mode: "url" });
	const sampling = requiredCapability("sampling/createMessage", {});
	const tools = requiredCapability("sampling/createMessage", { tools: [] });
	const roots = requiredCapability("roots/list", undefined);

	test("has to declare what a question is of", () => {
		expect(form).toEqual({ elicitation: {} });
		expect(requiredCapability("elicitation/create", { mode: "form" })).toEqual({
			elicitation: {},
		});
		expect(url).toEqual({ elicitation: { url: {} } });
		expect(sampling).toEqual({ sampling: {} });
		expect(tools).toEqual({ sampling: { tools: {} } });
		expect(roots).toEqual({ roots: {} });
		expect(requiredCapability("tools/call", {})).toBeUndefined();
	});

	test.each<[Members, boolean, boolean]>([
		[{}, false, false],
		[{ elicitation: {} }, true, false],
		[{ elicitation: { form: {} } }, true, false],
		[{ elicitation: { url: {} } }, false, true],
		[{ elicitation: { form: {}, url: {} } }, true, true],
		[{ elicitation: null }, false, false],
		[{ elicitation: true }, false, false],
	])("that declares %j takes forms: %s, URLs: %s", (capabilities, forms, urls) => {
		expect(declares(capabilities, form as Members)).toBe(forms);
		expect(declares(capabilities, url as Members)).toBe(urls);
	});

	test("that declares sampling need not take tools", () => {
		expect(declares({ sampling: {} }, sampling as Members)).toBe(true);
		expect(declares({ sampling: {} }, tools as Members)).toBe(false);
		expect(declares({ sampling: { tools: {} } }, tools as Members)).toBe(true);
		expect(declares({ sampling: { tools: {} } }, sampling as Members)).toBe(
			true,
		);
		expect(declares({ elicitation: {} }, sampling as Members)).toBe(false);
	});

	test("that declares roots takes them with any details", () => {
		expect(declares({ roots: { listChanged: true } }, roots as Members)).toBe(
			true,
		);
		expect(declares({ roots: {} }, roots as Members)).toBe(true);
		expect(declares({}, roots as Members)).toBe(false);
	});

	test("has to declare all where several things are required", () => {
		const both = { roots: {}, sampling: {} };
		expect(declares({ roots: {}, sampling: {} }, both)).toBe(true);
		expect(declares({ roots: {} }, both)).toBe(false);
	});
});

describe("the input requests of a modern server", () => {
	test("get the params that are left out, and stay as they are otherwise", () => {
		const asked = { method: "elicitation/create", params: { message: "?" } };
		const whole = {
			resultType: "input_required",
			inputRequests: { asked },
			requestState: "s",
		};
		expect(withParams(whole)).toBe(whole);
		const roots = { method: "roots/list" };
		expect(
			withParams({
				...whole,
				inputRequests: {
					asked,
					roots,
					none: { ...roots, params: null },
					odd: 1,
				},
			}),
		).toEqual({
			...whole,
			inputRequests: {
				asked,
				roots: { ...roots, params: {} },
				none: { ...roots, params: {} },
				odd: 1,
			},
		});
	});

	test.each([
		undefined,
		null,
		[],
		"odd",
	])("are left alone where they are %j", (inputRequests) => {
		const result = { resultType: "input_required", inputRequests };
		expect(withParams(result)).toBe(result);
	});
});

describe("a legacy server's question as an input request", () => {
	const ask = (method: string, params?: Members) =>
		inputRequestOf({
			jsonrpc: "2.0",
			id: 5,
			method,
			...(params && { params }),
		});

	test("has params where the question has none: clients fail without", () => {
		expect(ask("roots/list")).toStrictEqual({
			method: "roots/list",
			params: {},
		});
	});

	test("is its method and params, without an id", () => {
		const params = {
			messages: [],
			maxTokens: 5,
			modelPreferences: { hints: [] },
			"x-own": 1,
		};
		expect(ask("sampling/createMessage", params)).toStrictEqual({
			method: "sampling/createMessage",
			params,
		});
	});

	test("has no elicitation id and no task, which this revision does not know", () => {
		expect(
			ask("elicitation/create", {
				mode: "url",
				url: "https://a",
				elicitationId: "e",
				task: { ttl: 1 },
			}).params,
		).toStrictEqual({ mode: "url", url: "https://a" });
	});

	test("has no progress token: progress of an answer cannot travel in a retry", () => {
		expect(
			ask("roots/list", { _meta: { progressToken: 1 } }).params,
		).toStrictEqual({});
		expect(
			ask("roots/list", { _meta: { progressToken: 1, "x/y": 2 } }).params,
		).toStrictEqual({ _meta: { "x/y": 2 } });
	});
});

describe("an input request as a question to a legacy client", () => {
	test("is a request with this id", () => {
		const params = { message: "m", requestedSchema: {} };
		expect(questionOf("q", { method: "elicitation/create", params })).toEqual({
			jsonrpc: "2.0",
			id: "q",
			method: "elicitation/create",
			params,
		});
	});

	test("has an elicitation id where it sends the user to a URL, since that is required here", () => {
		const params = { mode: "url", url: "https://a", message: "m" };
		expect(
			questionOf("q", { method: "elicitation/create", params })?.params,
		).toEqual({ ...params, elicitationId: "q" });
		const own = { ...params, elicitationId: "own" };
		expect(
			questionOf("q", { method: "elicitation/create", params: own })?.params,
		).toEqual(own);
	});

	test("needs params, but for roots/list", () => {
		expect(questionOf("q", { method: "roots/list" })).toStrictEqual({
			jsonrpc: "2.0",
			id: "q",
			method: "roots/list",
		});
		expect(questionOf("q", { method: "elicitation/create" })).toBeUndefined();
		expect(
			questionOf("q", { method: "sampling/createMessage", params: [] }),
		).toBeUndefined();
	});

	test.each([
		[undefined],
		["text"],
		[{}],
		[{ method: 5 }],
		[{ method: "tools/call", params: {} }],
		[{ method: "toString", params: {} }],
	])("is none where it is %j", (entry) => {
		expect(questionOf("q", entry)).toBeUndefined();
	});
});
