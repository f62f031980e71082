import { describe, expect, test } from "vitest";
import {
	Catalogue,
	changeOf,
	entriesOf,
} from "../../src/protocol/catalogue.ts";
import type { Members, Request } from "../../src/protocol/messages.ts";

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

/** A catalogue that has heard these tools/list answers of a legacy child, by cursor. */
function noted(pages: Record<string, Members>): Catalogue {
	const catalogue = new Catalogue();
	for (const [cursor, result] of Object.entries(pages)) {
		const params = cursor === "" ? undefined : { cursor };
		catalogue.note(list("tools/list", params), result, "legacy");
	}
	return catalogue;
}

describe("what is known", () => {
	test.each(methods)("of %s is the answer, whole and as it was", (method) => {
		const catalogue = new Catalogue();
		const result = { tools: [{ name: "a", "x-unknown": 1 }], _meta: { b: 1 } };
		catalogue.note(list(method), result, "legacy");
		expect(catalogue.answer(list(method))).toBe(result);
	});

	test("is what was said last", () => {
		const catalogue = noted({ "": page(["old"]) });
		catalogue.note(list("tools/list"), page(["new"]), "legacy");
		expect(catalogue.answer(list("tools/list"))).toEqual(page(["new"]));
	});

	test("is nothing that is no list", () => {
		const catalogue = new Catalogue();
		catalogue.note(call("a"), { content: [] }, "legacy");
		expect(catalogue.answer(call("a"))).toBeUndefined();
		expect(catalogue.toCheck().size).toBe(0);
	});

	test("is given to whoever asks for the same, whatever _meta comes with it", () => {
		const catalogue = new Catalogue();
		const asked = list("tools/list", { _meta: { progressToken: 1 } });
		catalogue.note(asked, page(["a"]), "legacy");
		for (const params of [undefined, {}, { cursor: "" }, { _meta: {} }]) {
			expect(catalogue.answer(list("tools/list", params))).toEqual(page(["a"]));
		}
	});

	test("is neither learned from nor given to who asks for something special", () => {
		const special = list("tools/list", { filter: "a" });
		const catalogue = new Catalogue();
		catalogue.note(special, page(["a"]), "legacy");
		expect(catalogue.answer(list("tools/list"))).toBeUndefined();
		catalogue.note(list("tools/list"), page(["a", "b"]), "legacy");
		expect(catalogue.answer(special)).toBeUndefined();
		const odd = list("tools/list", { cursor: 1 });
		expect(catalogue.answer(odd)).toBeUndefined();
	});

	test("of a modern child is only what it says is for everybody", () => {
		for (const cacheScope of ["private", undefined, "public"]) {
			const catalogue = new Catalogue();
			const result = { ...page(["a"]), cacheScope };
			catalogue.note(list("tools/list"), result, "modern");
			expect(catalogue.answer(list("tools/list"))).toBe(
				cacheScope === "public" ? result : undefined,
			);
		}
	});
});

describe("a list of several pages", () => {
	test("is known page by page once all of them are", () => {
		const catalogue = noted({ "": page(["a"], "2"), 3: page(["c"]) });
		expect(catalogue.answer(list("tools/list"))).toBeUndefined();
		expect(catalogue.list("tools/list")).toBeUndefined();
		const second = page(["b"], "3");
		catalogue.note(list("tools/list", { cursor: "2" }), second, "legacy");
		expect(catalogue.answer(list("tools/list", { cursor: "2" }))).toBe(second);
		expect(catalogue.list("tools/list")).toEqual([
			page(["a"], "2"),
			page(["b"], "3"),
			page(["c"]),
		]);
	});

	test.each([null, "", 7])("ends where the next cursor is %j", (nextCursor) => {
		const result = page(["a"], nextCursor);
		const catalogue = noted({ "": result });
		expect(catalogue.list("tools/list")).toEqual([result]);
		expect(catalogue.answer(list("tools/list"))).toBe(result);
	});

	test("is not known under a cursor that nobody was given", () => {
		const catalogue = noted({ "": page(["a"]) });
		expect(
			catalogue.answer(list("tools/list", { cursor: "?" })),
		).toBeUndefined();
	});

	test("whose cursors lead in a circle has an end all the same", () => {
		const catalogue = noted({ "": page(["a"], "2"), 2: page(["b"], "2") });
		expect(catalogue.list("tools/list")?.length).toBeLessThanOrEqual(100);
	});

	test("of more than 100 is not kept", () => {
		const pages = Array.from({ length: 101 }, (_, index) => [
			index === 0 ? "" : `c${index}`,
			page([`t${index}`], index < 100 ? `c${index + 1}` : undefined),
		]);
		const catalogue = noted(Object.fromEntries(pages));
		expect(catalogue.list("tools/list")).toBeUndefined();
	});
});

describe("a list that the child says has changed", () => {
	test.each(methods)("is not known any more, others are: %s", (changed) => {
		const catalogue = new Catalogue();
		for (const method of methods) catalogue.note(list(method), {}, "legacy");
		const notification = String(changeOf(changed));
		catalogue.changed(notification);
		for (const method of methods) {
			const isKept = changeOf(method) !== notification;
			expect(catalogue.answer(list(method)) !== undefined).toBe(isKept);
		}
	});

	test("is forgotten with what its tools said of themselves", () => {
		const tools = [{ name: "a", annotations: { readOnlyHint: true } }];
		const catalogue = noted({ "": { tools } });
		catalogue.changed("notifications/prompts/list_changed");
		expect(catalogue.isRepeatable(call("a"))).toBe(true);
		catalogue.changed("notifications/tools/list_changed");
		expect(catalogue.isRepeatable(call("a"))).toBe(false);
	});

	test("is nothing to compare with the next child: clients were told already", () => {
		const catalogue = noted({ "": page(["a"]) });
		catalogue.changed("notifications/tools/list_changed");
		expect(catalogue.toCheck().size).toBe(0);
	});
});

test("a list that the child does not have is not known any more, and others are", () => {
	const catalogue = new Catalogue();
	for (const method of methods) catalogue.note(list(method), {}, "legacy");
	catalogue.forget("resources/templates/list");
	expect(catalogue.answer(list("resources/templates/list"))).toBeUndefined();
	expect(catalogue.answer(list("resources/list"))).toEqual({});
});

describe("what may reach a server twice", () => {
	test.each(methods)("%s, which only reads", (method) => {
		expect(new Catalogue().isRepeatable(list(method))).toBe(true);
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
		const catalogue = noted({ "": { tools: [{ name: "a", annotations }] } });
		expect(catalogue.isRepeatable(call("a"))).toBe(may);
	});

	test("no call of a tool that nobody has listed, and nothing else", () => {
		const tools = [{ name: "a", annotations: { readOnlyHint: true } }];
		const catalogue = noted({ "": { tools } });
		expect(catalogue.isRepeatable(call("b"))).toBe(false);
		expect(catalogue.isRepeatable(list("tools/call"))).toBe(false);
		expect(catalogue.isRepeatable(list("prompts/get", { name: "a" }))).toBe(
			false,
		);
	});

	test("no call of a tool that has since said otherwise", () => {
		const of = (readOnlyHint: boolean) => ({
			tools: [{ name: "a", annotations: { readOnlyHint } }],
		});
		const catalogue = noted({ "": of(true) });
		catalogue.note(list("tools/list"), of(false), "legacy");
		expect(catalogue.isRepeatable(call("a"))).toBe(false);
	});

	test("a call of a tool that only one client was shown, as its list is not served to others", () => {
		const catalogue = new Catalogue();
		const tools = [{ name: "a", annotations: { idempotentHint: true } }];
		const result = { tools, cacheScope: "private" };
		catalogue.note(list("tools/list"), result, "modern");
		expect(catalogue.isRepeatable(call("a"))).toBe(true);
		expect(catalogue.answer(list("tools/list"))).toBeUndefined();
	});

	test("a list that is none of tools breaks nothing", () => {
		const odd = { toString: 1 };
		const oddlyNamed = noted({ "": { tools: [{ name: odd }] } });
		const params = { name: odd };
		expect(oddlyNamed.isRepeatable(list("tools/call", params))).toBe(false);
		for (const tools of [undefined, null, "a", {}, [null, 1, "a", [], {}]]) {
			const catalogue = noted({ "": { tools } });
			expect(catalogue.isRepeatable(call("a"))).toBe(false);
		}
	});
});

test("a list whose last cursor leads back is whole, and each page of it is known", () => {
	const catalogue = noted({ "": page(["a"], "2"), 2: page(["b"], "2") });
	expect(catalogue.list("tools/list")).toHaveLength(2);
	expect(catalogue.answer(list("tools/list", { cursor: "2" }))).toEqual(
		page(["b"], "2"),
	);
});

describe("what is to be compared with a new child", () => {
	/** Lists of tools with these names, one for each child. */
	const given = (...lists: string[][]) =>
		new Set(lists.map((names) => entriesOf([page(names)])));

	test("is every whole list that clients were given, until it has been compared", () => {
		const catalogue = noted({ "": page(["a"], "2"), 2: page(["b"]) });
		catalogue.note(list("prompts/list"), { nextCursor: "2" }, "legacy");
		const expected = new Map([["tools/list", given(["a", "b"])]]);
		expect(catalogue.toCheck()).toEqual(expected);
		expect(catalogue.toCheck()).toEqual(expected);
	});

	test("is what each child gave that was gone before it was compared", () => {
		const catalogue = noted({ "": page(["first"]) });
		catalogue.toCheck();
		catalogue.note(list("tools/list"), page(["second"]), "legacy");
		expect(catalogue.toCheck().get("tools/list")).toEqual(
			given(["first"], ["second"]),
		);
		catalogue.checked("tools/list");
		expect(catalogue.toCheck().get("tools/list")).toEqual(given(["second"]));
	});

	test("does not grow with every child that dies at once", () => {
		const catalogue = new Catalogue();
		for (let child = 0; child < 100; child++) {
			catalogue.note(list("tools/list"), page([`of ${child}`]), "legacy");
			catalogue.toCheck();
		}
		expect(catalogue.toCheck().get("tools/list")?.size).toBe(10);
	});

	test("is kept where another program may stand behind it, which is trusted with nothing else", () => {
		const tools = [{ name: "a", annotations: { readOnlyHint: true } }];
		const catalogue = noted({ "": { tools } });
		catalogue.distrust();
		expect(catalogue.answer(list("tools/list"))).toBeUndefined();
		expect(catalogue.isRepeatable(call("a"))).toBe(false);
		expect(catalogue.toCheck().get("tools/list")).toEqual(
			new Set([entriesOf([{ tools }])]),
		);
	});
});

test("the change of a list has a name, and nothing else has", () => {
	expect(methods.map(changeOf)).toEqual([
		"notifications/tools/list_changed",
		"notifications/prompts/list_changed",
		"notifications/resources/list_changed",
		"notifications/resources/list_changed",
	]);
	expect(changeOf("tools/call")).toBeUndefined();
});
