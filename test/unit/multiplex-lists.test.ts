import { describe, expect, test } from "vitest";
import { Lists } from "../../src/multiplex/lists/lists.ts";
import {
	errorOf,
	type Members,
	type Request,
} from "../../src/protocol/messages.ts";
import { lists } from "../../src/protocol/methods.ts";

const list = (method: string, params?: Members): Request => ({
	jsonrpc: "2.0",
	id: 1,
	method,
	...(params && { params }),
});
const call = (name: string): Request => list("tools/call", { name });
const page = (names: readonly string[], nextCursor?: unknown): Members => ({
	tools: names.map((name) => ({ name })),
	...(nextCursor === undefined ? {} : { nextCursor }),
});
const methods = [
	"tools/list",
	"prompts/list",
	"resources/list",
	"resources/templates/list",
];

const listsOf = (repaired = (_what: string) => {}) =>
	new Lists({ listed: (_method, page) => page, repaired });
/** The lists that a child which comes up is asked for. */
function asked(kept: Lists): string[] {
	const methods: string[] = [];
	kept.check(
		(method) => methods.push(method),
		() => {},
	);
	return methods;
}

/** Lists that have heard these tools/list answers of a legacy child, by cursor. */
function noted(pages: Record<string, Members>): Lists {
	const { "": first = {}, ...others } = pages;
	const kept = listsOf();
	kept.note(list("tools/list"), first, "legacy");
	for (const [cursor, result] of Object.entries(others)) {
		kept.note(list("tools/list", { cursor }), result, "legacy");
	}
	return kept;
}

describe("what is known", () => {
	test.each(methods)("of %s is the answer, whole and as it was", (method) => {
		const kept = listsOf();
		const result = { tools: [{ name: "a", "x-unknown": 1 }], _meta: { b: 1 } };
		kept.note(list(method), result, "legacy");
		expect(kept.answer(list(method))).toBe(result);
	});

	test("is what was said last", () => {
		const kept = noted({ "": page(["old"]) });
		kept.note(list("tools/list"), page(["new"]), "legacy");
		expect(kept.answer(list("tools/list"))).toEqual(page(["new"]));
	});

	test("is nothing that is no list", () => {
		const kept = listsOf();
		kept.note(call("a"), { content: [] }, "legacy");
		expect(kept.answer(call("a"))).toBeUndefined();
		expect(asked(kept)).toEqual([]);
	});

	test("is given to whoever asks for the same, whatever _meta comes with it", () => {
		const kept = listsOf();
		const asked = list("tools/list", { _meta: { progressToken: 1 } });
		kept.note(asked, page(["a"]), "legacy");
		for (const params of [undefined, {}, { _meta: {} }]) {
			expect(kept.answer(list("tools/list", params))).toEqual(page(["a"]));
		}
	});

	test("is neither learned from nor given to who asks for something special", () => {
		const special = list("tools/list", { filter: "a" });
		const kept = listsOf();
		kept.note(special, page(["a"]), "legacy");
		expect(kept.answer(list("tools/list"))).toBeUndefined();
		kept.note(list("tools/list"), page(["a", "b"]), "legacy");
		expect(kept.answer(special)).toBeUndefined();
		const odd = list("tools/list", { cursor: 1 });
		expect(kept.answer(odd)).toBeUndefined();
	});

	test("of a modern child is only what it says is for everybody", () => {
		for (const cacheScope of ["private", undefined, "public"]) {
			const kept = listsOf();
			const result = { ...page(["a"]), cacheScope };
			kept.note(list("tools/list"), result, "modern");
			expect(kept.answer(list("tools/list"))).toBe(
				cacheScope === "public" ? result : undefined,
			);
		}
	});
});

describe("a list of several pages", () => {
	test("is known page by page once all of them are", () => {
		const first = page(["a"], "2");
		const kept = noted({ "": first });
		expect(kept.answer(list("tools/list"))).toBeUndefined();
		const second = page(["b"], "3");
		kept.note(list("tools/list", { cursor: "2" }), second, "legacy");
		expect(kept.answer(list("tools/list"))).toBeUndefined();
		const third = page(["c"]);
		kept.note(list("tools/list", { cursor: "3" }), third, "legacy");
		expect(kept.answer(list("tools/list"))).toBe(first);
		expect(kept.answer(list("tools/list", { cursor: "2" }))).toBe(second);
		expect(kept.answer(list("tools/list", { cursor: "3" }))).toBe(third);
	});

	test("is not known under a cursor to which the server has not led", () => {
		const kept = noted({ "": page(["a"]), made: page(["b"]) });
		const made = list("tools/list", { cursor: "made" });
		expect(kept.answer(list("tools/list"))).toEqual(page(["a"]));
		expect(kept.answer(made)).toBeUndefined();
	});

	test("is forgotten from where another page is said to follow", () => {
		const kept = noted({ "": page(["a"], "2"), 2: page(["b"]) });
		kept.note(list("tools/list"), page(["a"], "new"), "legacy");
		expect(kept.answer(list("tools/list"))).toBeUndefined();
		const late = list("tools/list", { cursor: "2" });
		kept.note(late, page(["b"]), "legacy");
		expect(kept.answer(late)).toBeUndefined();
		const next = list("tools/list", { cursor: "new" });
		kept.note(next, page(["c"]), "legacy");
		expect(kept.answer(list("tools/list"))).toEqual(page(["a"], "new"));
	});

	test("has a page under an empty cursor where the server answers for one", () => {
		const kept = noted({ "": page(["a"], "") });
		const empty = list("tools/list", { cursor: "" });
		expect(kept.answer(empty)).toBeUndefined();
		kept.note(empty, page(["b"]), "legacy");
		expect(kept.answer(empty)).toEqual(page(["b"]));
		expect(kept.answer(list("tools/list"))).toEqual(page(["a"], ""));
	});

	test("is not kept where it is very long, nor any part of it", () => {
		const half = (next?: string) => ({
			...page(["a"], next),
			_meta: { text: "x".repeat(1_100_000) },
		});
		const kept = noted({ "": half("2") });
		const second = list("tools/list", { cursor: "2" });
		kept.note(second, half(), "legacy");
		expect(kept.answer(list("tools/list"))).toBeUndefined();
		expect(kept.answer(second)).toBeUndefined();
		expect(asked(kept)).toEqual([]);
		kept.note(list("tools/list"), half(), "legacy");
		expect(kept.answer(list("tools/list"))).toEqual(half());
	});

	test.each([null, "", 7])("ends where the next cursor is %j", (nextCursor) => {
		const result = page(["a"], nextCursor);
		const kept = noted({ "": result });
		expect(kept.answer(list("tools/list"))).toBe(result);
	});

	test("is not known under a cursor that nobody was given", () => {
		const kept = noted({ "": page(["a"]) });
		expect(kept.answer(list("tools/list", { cursor: "?" }))).toBeUndefined();
	});

	test("whose cursors lead in a circle has an end all the same", () => {
		const kept = noted({ "": page(["a"], "2"), 2: page(["b"], "2") });
		expect(kept.answer(list("tools/list"))).toEqual(page(["a"], "2"));
	});

	test("of more than 100 is not kept", () => {
		const pages = Array.from({ length: 101 }, (_, index) => [
			index === 0 ? "" : `c${index}`,
			page([`t${index}`], index < 100 ? `c${index + 1}` : undefined),
		]);
		const kept = noted(Object.fromEntries(pages));
		expect(kept.answer(list("tools/list"))).toBeUndefined();
		const last = list("tools/list", { cursor: "c100" });
		expect(kept.answer(last)).toBeUndefined();
	});
});

describe("a list that the child says has changed", () => {
	test.each(methods)("is not known any more, others are: %s", (changed) => {
		const kept = listsOf();
		for (const method of methods) kept.note(list(method), {}, "legacy");
		const notification = String(lists.get(changed)?.changed);
		kept.changed(notification);
		for (const method of methods) {
			const isKept = lists.get(method)?.changed !== notification;
			expect(kept.answer(list(method)) !== undefined).toBe(isKept);
		}
	});

	test("is forgotten with what its tools said of themselves", () => {
		const tools = [{ name: "a", annotations: { readOnlyHint: true } }];
		const kept = noted({ "": { tools } });
		kept.changed("notifications/prompts/list_changed");
		expect(kept.isRepeatable(call("a"))).toBe(true);
		kept.changed("notifications/tools/list_changed");
		expect(kept.isRepeatable(call("a"))).toBe(false);
	});

	test("is nothing to compare with the next child: clients were told already", () => {
		const kept = noted({ "": page(["a"]) });
		kept.changed("notifications/tools/list_changed");
		expect(asked(kept)).toEqual([]);
	});
});

test("a list that the child does not have is not known any more, and others are", () => {
	const kept = listsOf();
	for (const method of methods) kept.note(list(method), {}, "legacy");
	kept.check(
		(method, _params, receive) => {
			if (method !== "resources/templates/list") return;
			receive(errorOf(0, { code: -32601, message: "no" }));
		},
		() => {},
	);
	expect(kept.answer(list("resources/templates/list"))).toBeUndefined();
	expect(kept.answer(list("resources/list"))).toEqual({});
});

describe("what may reach a server twice", () => {
	test.each(methods)("%s, which only reads", (method) => {
		expect(listsOf().isRepeatable(list(method))).toBe(true);
	});

	test.each<[boolean, unknown]>([
		[true, { readOnlyHint: true }],
		[true, { idempotentHint: true }],
		[true, { readOnlyHint: false, idempotentHint: true }],
		[false, { readOnlyHint: false, idempotentHint: false }],
		[false, { readOnlyHint: "true", idempotentHint: 1 }],
		[false, { destructiveHint: false }],
		[false, ["readOnlyHint"]],
		[false, null],
		[false, undefined],
	])("a call, %s, of a tool with the annotations %j", (may, annotations) => {
		const kept = noted({ "": { tools: [{ name: "a", annotations }] } });
		expect(kept.isRepeatable(call("a"))).toBe(may);
	});

	test("no call of a tool that nobody has listed, and nothing else", () => {
		const tools = [{ name: "a", annotations: { readOnlyHint: true } }];
		const kept = noted({ "": { tools } });
		expect(kept.isRepeatable(call("b"))).toBe(false);
		expect(kept.isRepeatable(list("tools/call"))).toBe(false);
		expect(kept.isRepeatable(list("prompts/get", { name: "a" }))).toBe(false);
	});

	test("no call of a tool that has since said otherwise", () => {
		const of = (readOnlyHint: boolean) => ({
			tools: [{ name: "a", annotations: { readOnlyHint } }],
		});
		const kept = noted({ "": of(true) });
		kept.note(list("tools/list"), of(false), "legacy");
		expect(kept.isRepeatable(call("a"))).toBe(false);
	});

	test("a call of a tool that only one client was shown, as its list is not served to others", () => {
		const kept = listsOf();
		const tools = [{ name: "a", annotations: { idempotentHint: true } }];
		const result = { tools, cacheScope: "private" };
		kept.note(list("tools/list"), result, "modern");
		expect(kept.isRepeatable(call("a"))).toBe(true);
		expect(kept.answer(list("tools/list"))).toBeUndefined();
	});

	test("a list that is none of tools breaks nothing", () => {
		const odd = { toString: 1 };
		const oddlyNamed = noted({ "": { tools: [{ name: odd }] } });
		const params = { name: odd };
		expect(oddlyNamed.isRepeatable(list("tools/call", params))).toBe(false);
		for (const tools of [undefined, null, "a", {}, [null, 1, "a", [], {}]]) {
			const kept = noted({ "": { tools } });
			expect(kept.isRepeatable(call("a"))).toBe(false);
		}
	});
});

test("a list whose last cursor leads back is whole, and each page of it is known", () => {
	const kept = noted({ "": page(["a"], "2"), 2: page(["b"], "2") });
	expect(kept.answer(list("tools/list"))).toEqual(page(["a"], "2"));
	expect(kept.answer(list("tools/list", { cursor: "2" }))).toEqual(
		page(["b"], "2"),
	);
});

test("what is to be compared with a new child is every whole list that clients were given, until it has been", () => {
	const kept = noted({ "": page(["a"], "2"), 2: page(["b"]) });
	kept.note(list("prompts/list"), { nextCursor: "2" }, "legacy");
	expect(asked(kept)).toEqual(["tools/list"]);
	expect(asked(kept)).toEqual(["tools/list"]);
});

test("where another program may stand behind it nothing is known", () => {
	const tools = [{ name: "a", annotations: { readOnlyHint: true } }];
	const kept = noted({ "": { tools } });
	kept.distrust();
	expect(kept.answer(list("tools/list"))).toBeUndefined();
	expect(kept.isRepeatable(call("a"))).toBe(false);
});

describe("an answer that is on its way to a client", () => {
	const completed = (request: Request, result: Members) => {
		const repaired: string[] = [];
		listsOf((what) => repaired.push(what)).complete(request, result);
		return { result, repaired };
	};

	test.each([
		...lists,
	])("has no null where %s has entries, or no further page", (method, {
		member,
	}) => {
		const page = { [member]: null, nextCursor: null, _meta: null };
		expect(completed(list(method), page)).toEqual({
			result: { [member]: [], _meta: null },
			repaired: [
				`${method}: "${member}": null`,
				`${method}: "nextCursor": null`,
			],
		});
	});

	test("is left as it is where it is no page, or right", () => {
		for (const [request, result] of [
			[call("a"), { tools: null, nextCursor: null }],
			[list("tools/list"), page(["a"], "")],
			[list("tools/list"), { prompts: null }],
		] as const) {
			const before = { ...result };
			expect(completed(request, result)).toEqual({
				result: before,
				repaired: [],
			});
		}
	});
});
