import { describe, expect, test } from "vitest";
import { Lists, type ListsOptions } from "../../src/multiplex/lists/lists.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import {
	errorOf,
	type Members,
	resultOf,
} from "../../src/protocol/messages.ts";
import type { Receive } from "../../src/protocol/peer.ts";

interface Asked {
	method: string;
	params: Members;
	receive: Receive;
}

const listsOf = (options: Partial<ListsOptions> = {}) =>
	new Lists({ listed: (_method, page) => page, repaired() {}, ...options });

/** The check of a child that has come up after clients were given these lists. */
function check(given: Record<string, Members[]>, kept = listsOf()) {
	for (const [method, pages] of Object.entries(given)) {
		for (const [index, result] of pages.entries()) {
			const params = index === 0 ? {} : { cursor: String(index) };
			const request = { jsonrpc: "2.0", id: 1, method, params } as const;
			kept.note(request, result, "legacy");
		}
	}
	const asked: Asked[] = [];
	const changed: string[] = [];
	kept.check(
		(method, params, receive) => asked.push({ method, params, receive }),
		(notification) => changed.push(notification),
	);
	return {
		kept,
		asked,
		changed,
		answer: (index: number, result: Members) =>
			asked[index]?.receive(resultOf(1, result)),
		fail: (index: number, code: number) =>
			asked[index]?.receive(errorOf(1, { code, message: "no" })),
	};
}
const tools = (...names: string[]) => names.map((name) => ({ name }));

test("a child is asked for the lists that clients were given, and for no other", () => {
	const { asked } = check({ "tools/list": [{}], "prompts/list": [{}] });
	expect(asked.map(({ method, params }) => [method, params])).toEqual([
		["tools/list", {}],
		["prompts/list", {}],
	]);
	expect(check({}).asked).toEqual([]);
});

test.each([
	["tools/list", "tools", "notifications/tools/list_changed"],
	["prompts/list", "prompts", "notifications/prompts/list_changed"],
	["resources/list", "resources", "notifications/resources/list_changed"],
	[
		"resources/templates/list",
		"resourceTemplates",
		"notifications/resources/list_changed",
	],
])("%s is told of where it is another, and only there", (method, member, notification) => {
	const before = { [member]: [{ name: "a" }] };
	const same = check({ [method]: [before] });
	same.answer(0, { ...before, _meta: { now: 1 }, ttlMs: 5 });
	expect(same.changed).toEqual([]);
	const other = check({ [method]: [before] });
	other.answer(0, { [member]: [{ name: "a", title: "A" }] });
	expect(other.changed).toEqual([notification]);
});

describe("the same list", () => {
	test("may have its members in another order", () => {
		const { answer, changed } = check({
			"tools/list": [{ tools: [{ name: "a", inputSchema: { a: 1, b: 2 } }] }],
		});
		answer(0, { tools: [{ inputSchema: { b: 2, a: 1 }, name: "a" }] });
		expect(changed).toEqual([]);
	});

	test("may come in other pages, under cursors of the child's own", () => {
		const { asked, answer, changed } = check({
			"tools/list": [
				{ tools: tools("a", "b"), nextCursor: "1" },
				{ tools: tools("c") },
			],
		});
		answer(0, { tools: tools("a"), nextCursor: "x" });
		expect(asked[1]).toMatchObject({
			method: "tools/list",
			params: { cursor: "x" },
		});
		answer(1, { tools: tools("b", "c") });
		expect(changed).toEqual([]);
		expect(asked).toHaveLength(2);
	});

	test("may end with null for a cursor, and is not read again for that", () => {
		const { asked, answer, changed } = check({
			"tools/list": [{ tools: tools("a") }],
		});
		answer(0, { tools: tools("a"), nextCursor: null });
		expect(asked).toHaveLength(1);
		expect(changed).toEqual([]);
	});

	test.each([
		["the first page again", { tools: tools("a"), nextCursor: "" }],
		["an error", undefined],
	])("may end with an empty cursor, under which there is %s", (_what, page) => {
		const { asked, answer, fail, changed } = check({
			"tools/list": [{ tools: tools("a"), nextCursor: "" }],
		});
		answer(0, { tools: tools("a"), nextCursor: "" });
		expect(asked.map(({ params }) => params)).toEqual([{}, { cursor: "" }]);
		if (page) answer(1, page);
		else fail(1, ErrorCode.invalidParams);
		expect(asked).toHaveLength(2);
		expect(changed).toEqual([]);
	});

	test("is another where there is a page under an empty cursor now, which is a cursor like any other", () => {
		const { answer, changed } = check({
			"tools/list": [{ tools: tools("a") }],
		});
		answer(0, { tools: tools("a"), nextCursor: "" });
		answer(1, { tools: tools("b") });
		expect(changed).toEqual(["notifications/tools/list_changed"]);
	});

	test("is compared once", () => {
		const { answer, kept } = check({ "tools/list": [{ tools: [] }] });
		answer(0, { tools: [] });
		kept.changed("notifications/tools/list_changed");
		expect(check({}, kept).asked).toEqual([]);
	});
});

test("a page that is missing is a change, and it is told at the end of the list only", () => {
	const { answer, changed } = check({
		"tools/list": [{ tools: tools("a", "b") }],
	});
	answer(0, { tools: tools("a"), nextCursor: "x" });
	expect(changed).toEqual([]);
	answer(1, { tools: [] });
	expect(changed).toEqual(["notifications/tools/list_changed"]);
});

test("resources and their templates have one notification, which is sent once", () => {
	const { answer, changed } = check({
		"resources/list": [{ resources: [{ uri: "a:1" }] }],
		"resources/templates/list": [{ resourceTemplates: [{ uriTemplate: "a" }] }],
	});
	answer(0, { resources: [] });
	answer(1, { resourceTemplates: [] });
	expect(changed).toEqual(["notifications/resources/list_changed"]);
});

test("a child that does not know the method has an empty list", () => {
	const some = check({ "prompts/list": [{ prompts: [{ name: "a" }] }] });
	some.fail(0, ErrorCode.methodNotFound);
	expect(some.changed).toEqual(["notifications/prompts/list_changed"]);
	const none = check({ "prompts/list": [{ prompts: [] }] });
	none.fail(0, ErrorCode.methodNotFound);
	expect(none.changed).toEqual([]);
});

test("a child that does not live to answer has told nothing, and the next one is compared with the same", () => {
	const before = { tools: tools("a") };
	const first = check({ "tools/list": [before] });
	first.fail(0, ErrorCode.serverUnavailable);
	expect(first.changed).toEqual([]);
	const second = check({}, first.kept);
	second.answer(0, before);
	expect(second.changed).toEqual([]);
	const third = check({ "tools/list": [before] });
	third.answer(0, { tools: tools("b"), nextCursor: "x" });
	third.fail(1, ErrorCode.serverUnavailable);
	expect(third.changed).toEqual([]);
});

test("a list that only some clients were given, from a child that did not live to be compared, is compared too", () => {
	const first = check({ "tools/list": [{ tools: tools("a") }] });
	// This child gives a client another list than the one before, and dies.
	const second = check({ "tools/list": [{ tools: tools("b") }] }, first.kept);
	second.fail(0, ErrorCode.serverUnavailable);
	const third = check({}, first.kept);
	third.answer(0, { tools: tools("a") });
	expect(third.changed).toEqual(["notifications/tools/list_changed"]);
});

test("what the child says meanwhile is no answer", () => {
	const { asked, answer, changed } = check({
		"tools/list": [{ tools: tools("a") }],
	});
	asked[0]?.receive({ jsonrpc: "2.0", method: "notifications/message" });
	expect(changed).toEqual([]);
	answer(0, { tools: tools("a") });
	expect(changed).toEqual([]);
});

test("a list whose last cursor leads back to an earlier page ends there", () => {
	const { asked, answer, changed } = check({
		"tools/list": [
			{ tools: tools("a"), nextCursor: "1" },
			{ tools: tools("b"), nextCursor: "1" },
		],
	});
	answer(0, { tools: tools("a"), nextCursor: "1" });
	answer(1, { tools: tools("b"), nextCursor: "1" });
	expect(asked).toHaveLength(2);
	expect(changed).toEqual([]);
});

test("a child whose cursors never end is asked 100 times at most", () => {
	const { asked, answer, changed } = check({ "tools/list": [{ tools: [] }] });
	for (let index = 0; index < asked.length; index++) {
		answer(index, { tools: tools(`t${index}`), nextCursor: `c${index}` });
	}
	expect(asked).toHaveLength(100);
	expect(changed).toEqual(["notifications/tools/list_changed"]);
});

test("what clients are not given of a list is no difference", () => {
	const listed = (_method: string, page: Members) => ({
		...page,
		tools: (page.tools as Members[]).filter(({ name }) => name !== "hidden"),
	});
	const given = { "tools/list": [{ tools: tools("a", "hidden") }] };
	const same = check(given, listsOf({ listed }));
	same.answer(0, { tools: tools("a") });
	expect(same.changed).toEqual([]);
	const other = check(given, listsOf({ listed }));
	other.answer(0, { tools: tools("hidden", "b") });
	expect(other.changed).toEqual(["notifications/tools/list_changed"]);
});

test("what each child gave that was gone before it was compared is compared, and once only", () => {
	const { kept } = check({ "tools/list": [{ tools: tools("first") }] });
	const second = check({ "tools/list": [{ tools: tools("second") }] }, kept);
	second.answer(0, { tools: tools("second") });
	expect(second.changed).toEqual(["notifications/tools/list_changed"]);
	const third = check({ "tools/list": [{ tools: tools("second") }] }, kept);
	third.answer(0, { tools: tools("second") });
	expect(third.changed).toEqual([]);
});

test("what clients were given is compared where another program may stand behind it, which is trusted with nothing else", () => {
	const { kept } = check({ "tools/list": [{ tools: tools("a") }] });
	kept.distrust();
	const next = check({}, kept);
	expect(next.asked).toHaveLength(1);
	next.answer(0, { tools: tools("b") });
	expect(next.changed).toEqual(["notifications/tools/list_changed"]);
});
