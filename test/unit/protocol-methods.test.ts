import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as core from "@modelcontextprotocol/core";
import * as sdk from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, test } from "vitest";
import {
	filterOf,
	isDeclared,
	isModernOnly,
	isOpening,
	isRemoved,
	lists,
	type Method,
	methods,
	mirroredName,
} from "../../src/protocol/methods.ts";
import {
	type Era,
	eraOf,
	legacyRevisions,
	modernRevision,
} from "../../src/protocol/revisions.ts";

type Kind = Method["kind"];
type Side = "client" | "server";
const sides: [Side, Kind, string][] = [
	["client", "request", "ClientRequest"],
	["server", "request", "ServerRequest"],
	["client", "notification", "ClientNotification"],
	["server", "notification", "ServerNotification"],
];
const revisions = [...legacyRevisions, modernRevision];

/** The methods of the table that one side sends in a revision, in the order of the alphabet. */
function sentBy(side: Side, kind: Kind, revision: string): string[] {
	return [...methods]
		.filter(([, method]) => {
			const sender = method.from[eraOf(revision)];
			const isThere = method.since === undefined || method.since <= revision;
			return (
				method.kind === kind &&
				isThere &&
				(sender === side || sender === "both")
			);
		})
		.map(([name]) => name)
		.sort();
}

interface Union {
	options: { shape: { method: { value: string } } }[];
}
const methodsOf = (union: unknown) =>
	(union as Union).options.map(({ shape }) => shape.method.value).sort();

describe("the table has the methods that the SDK has schemas for", () => {
	test.each(sides)("of a %s's %s", (side, kind, name) => {
		const legacy = (sdk as Record<string, unknown>)[`${name}Schema`];
		expect(sentBy(side, kind, "2025-11-25")).toEqual(methodsOf(legacy));
		// The newer package has both eras in one, without tasks.
		const both = (core as Record<string, unknown>)[`${name}Schema`];
		const ours = new Set(
			revisions.flatMap((revision) => sentBy(side, kind, revision)),
		);
		const isTask = (method: string) => /(^|\/)tasks\//.test(method);
		expect([...ours].filter((method) => !isTask(method)).sort()).toEqual(
			methodsOf(both),
		);
	});
});

/** What the SDK tells the eras apart by. It keeps that to itself: the module that has it is found by its exports' names. */
interface Internals {
	codecForVersion(revision: string): {
		hasRequestMethod(method: string): boolean;
		hasNotificationMethod(method: string): boolean;
	};
	mcpNameSource(method: string, params: object): { field: string } | undefined;
}
const internals: Promise<Internals> = (async () => {
	const entry = new URL(import.meta.resolve("@modelcontextprotocol/client"));
	const folder = path.dirname(entry.pathname);
	const file = readdirSync(folder).find((name) => /^src-.*\.mjs$/.test(name));
	const module: object = await import(path.join(folder, String(file)));
	const functions = Object.values(module).filter(
		(each) => typeof each === "function",
	);
	return Object.fromEntries(
		functions.map((each) => [each.name, each]),
	) as unknown as Internals;
})();

test.each([
	"legacy",
	"modern",
] as const)("the registry of the SDK has the same %s methods", async (era: Era) => {
	const { codecForVersion } = await internals;
	const codec = codecForVersion(
		era === "modern" ? modernRevision : "2025-11-25",
	);
	for (const [name, { kind, from }] of methods) {
		const has =
			kind === "request"
				? codec.hasRequestMethod(name)
				: codec.hasNotificationMethod(name);
		expect([name, from[era] !== undefined]).toEqual([name, has]);
	}
});

test("Mcp-Name mirrors what the SDK's client mirrors in it", async () => {
	const { mcpNameSource } = await internals;
	for (const name of methods.keys()) {
		const { field } = mcpNameSource(name, {}) ?? {};
		expect([name, mirroredName(name)]).toEqual([name, field]);
	}
});

test("the lists hold what the SDK's schemas of their results hold", () => {
	const shapeOf = (name: string) =>
		Object.keys(
			(sdk as unknown as Record<string, { shape: object }>)[name]?.shape ?? {},
		);
	const results = {
		"tools/list": "ListToolsResultSchema",
		"prompts/list": "ListPromptsResultSchema",
		"resources/list": "ListResourcesResultSchema",
		"resources/templates/list": "ListResourceTemplatesResultSchema",
	};
	expect([...lists.keys()]).toEqual(Object.keys(results));
	for (const [method, schema] of Object.entries(results)) {
		const { member = "", changed = "" } = lists.get(method) ?? {};
		expect(shapeOf(schema)).toContain(member);
		expect(shapeOf(schema)).toContain("nextCursor");
		expect(methods.get(changed)).toMatchObject({ kind: "notification" });
		expect(Object.keys(core.SubscriptionFilterSchema.shape)).toContain(
			filterOf(changed),
		);
	}
});

const folders = [process.env.MCP_SCHEMA_DIR].filter(
	(each) => each !== undefined,
);
interface Definition {
	anyOf?: { $ref: string }[];
	allOf?: { $ref: string }[];
	$ref?: string;
	properties?: Record<string, { const?: string }>;
	required?: string[];
}

describe.each(folders)("the specification's own schema, in %s,", (folder) => {
	const definitionsOf = (revision: string): Record<string, Definition> => {
		const file = path.join(folder, `${revision}.json`);
		const schema = JSON.parse(readFileSync(file, "utf8"));
		return schema.$defs ?? schema.definitions;
	};
	const constant = ({ properties }: Definition) => properties?.method?.const;

	test.each(revisions)("of %s has the same methods", (revision) => {
		const definitions = definitionsOf(revision);
		const lastOf = (ref: string) => ref.split("/").at(-1) ?? "";
		for (const [side, kind, name] of sides) {
			const union = definitions[name] ?? { anyOf: [] };
			const found = (union.anyOf ?? [union]).map((each) =>
				constant(each.$ref ? (definitions[lastOf(each.$ref)] ?? {}) : each),
			);
			expect([side, kind, sentBy(side, kind, revision)]).toEqual([
				side,
				kind,
				found.sort(),
			]);
		}
	});

	test("says which results carry cache hints, and which may ask for input", () => {
		const definitions = definitionsOf(modernRevision);
		for (const [name, method] of methods) {
			if (method.kind !== "request" || method.from.modern !== "client")
				continue;
			const [definition = ""] =
				Object.entries(definitions).find(
					([, each]) => constant(each) === name,
				) ?? [];
			const base = definition.replace(/Request$/, "");
			const result = JSON.stringify(definitions[`${base}Result`]);
			const response = JSON.stringify(definitions[`${base}ResultResponse`]);
			expect([
				name,
				method.isCacheable ?? false,
				method.mayAsk ?? false,
			]).toEqual([
				name,
				result.includes('"ttlMs"'),
				response.includes("InputRequiredResult"),
			]);
		}
	});
});

test("what the modern revision has removed, or added, is known", () => {
	const named = (is: (method: string) => boolean) =>
		[...methods.keys()].filter(is).sort();
	expect(named(isRemoved)).toEqual([
		"initialize",
		"logging/setLevel",
		"ping",
		"resources/subscribe",
		"resources/unsubscribe",
	]);
	expect(named(isModernOnly)).toEqual([
		"server/discover",
		"subscriptions/listen",
	]);
	for (const method of ["Ping", "constructor", "toString", "example/unknown"]) {
		expect(isRemoved(method)).toBe(false);
		expect(isModernOnly(method)).toBe(false);
	}
});

test("a child is opened with the request of its era alone", () => {
	expect(isOpening("initialize", "legacy")).toBe(true);
	expect(isOpening("server/discover", "modern")).toBe(true);
	expect(isOpening("server/discover", "legacy")).toBe(false);
	expect(isOpening("initialize", "modern")).toBe(false);
	expect(isOpening("tools/list", "legacy")).toBe(false);
});

test("a server has what it declares, and what clients declare is not its own", () => {
	const all = { tools: {}, prompts: {}, elicitation: {}, roots: {} };
	expect(isDeclared("tools/call", all)).toBe(true);
	expect(isDeclared("prompts/list", all)).toBe(true);
	expect(isDeclared("resources/read", all)).toBe(false);
	expect(isDeclared("elicitation/create", all)).toBe(false);
	expect(isDeclared("example/unknown", all)).toBe(false);
});
