import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameFilter, uriFilter } from "../../src/protocol/name-filter.ts";

const passes = (pattern: string, name: unknown) =>
	nameFilter({ allow: [pattern] }).admits(name);

/** By trying every length that a `*` can have. */
function matchesNaively(pattern: string, name: string): boolean {
	if (pattern === "") return name === "";
	if (pattern[0] !== "*") {
		return (
			name[0] === pattern[0] && matchesNaively(pattern.slice(1), name.slice(1))
		);
	}
	return [...Array(name.length + 1).keys()].some((length) =>
		matchesNaively(pattern.slice(1), name.slice(length)),
	);
}

test("a pattern matches what it means, whatever stands between its wildcards", () => {
	const short = (letters: string[], maxLength: number) =>
		fc.string({ unit: fc.constantFrom(...letters), maxLength });
	fc.assert(
		fc.property(
			short(["a", "b", "*", ".", "\n"], 8),
			short(["a", "b", "*", ".", "\n"], 10),
			(pattern, name) => {
				expect(passes(pattern, name)).toBe(matchesNaively(pattern, name));
			},
		),
		{ numRuns: 3000 },
	);
});

test.each([
	["read_*", "read_file", true],
	["read_*", "read_", true],
	["read_*", "Read_file", false],
	["*_file", "read_file", true],
	["a*a", "a", false],
	["ab*ba", "aba", false],
	["r?ad", "read", false],
	["[a-z]", "a", false],
	["*", "", true],
	["constructor", "constructor", true],
])("%j and the name %j: %j", (pattern, name, expected) => {
	expect(passes(pattern, name)).toBe(expected);
});

test("a name made to be tried in many ways costs no more than reading it", () => {
	const pattern = `${"a*".repeat(1000)}b`;
	const regexLike = "a".repeat(1_000_000);
	expect(passes(pattern, regexLike)).toBe(false);
	expect(passes(pattern, `${regexLike}b`)).toBe(true);
});

describe("of allow and deny", () => {
	test("deny wins, an empty allow admits nothing, an empty deny takes nothing away", () => {
		const both = nameFilter({ allow: ["read_*"], deny: ["read_secret", "x"] });
		expect(
			["read_file", "read_secret", "write"].map((name) => both.admits(name)),
		).toEqual([true, false, false]);
		expect(nameFilter({ allow: [] }).admits("a")).toBe(false);
		expect(nameFilter({ allow: [], deny: ["b"] }).admits("a")).toBe(false);
		expect(nameFilter({ deny: [] }).admits("a")).toBe(true);
	});

	test.each([
		undefined,
		null,
		5,
		["a"],
		{ toString: () => "a" },
		true,
	])("none admits %j, which is no name", (name) => {
		expect(nameFilter({ deny: ["b"] }).admits(name)).toBe(false);
		expect(uriFilter({ deny: ["b"] }).admits(name)).toBe(false);
		expect(passes("*", name)).toBe(false);
	});
});

describe("a URI", () => {
	const denied = uriFilter({
		deny: ["file:///secret/*", "https://Host.example/a b*", "note://x"],
	});

	test.each([
		"file:///secret/key",
		"FILE:///secret/key",
		"file:/secret/key",
		"file://localhost/secret/key",
		"file:///%73ecret/key",
		"file:///%2573ecret/key",
		"file:///./secret/key",
		"file:///%2e/secret/key",
		"file:////secret//key",
		"file:///secret\\key",
		"file:///sec\tret/key",
		" file:///secret/key",
		"file:///docs/../secret/key",
		"file:///docs/%2e%2e/secret/key",
		"file:///docs/..%2fsecret/key",
		"note://x?y",
		"note://x#y",
		"note://%78",
	])("is denied as %j too", (uri) => {
		expect(denied.admits(uri)).toBe(false);
	});

	test.each([
		"file:///secrets/key",
		"file:///docs/secret/key",
		"file:///docs/a..b",
		"note://xy",
		"note://X",
		"no uri at all",
		"file:///100%/a",
	])("that is another one passes: %j", (uri) => {
		expect(denied.admits(uri)).toBe(true);
	});

	test.each([
		"file:///größe/x",
		"file:///gr%C3%B6%C3%9Fe/x",
	])("is denied with and without escapes, whichever the pattern has: %j", (uri) => {
		expect(uriFilter({ deny: ["file:///größe/*"] }).admits(uri)).toBe(false);
		const escaped = uriFilter({ deny: ["file:///gr%c3%b6%C3%9fe/*"] });
		expect(escaped.admits(uri)).toBe(false);
	});

	test("does not leave what is allowed by climbing", () => {
		const { admits } = uriFilter({ allow: ["file:///docs/*"] });
		expect(admits("file:///docs/a/b.md")).toBe(true);
		for (const way of [
			"..",
			"%2e%2e",
			".%2E",
			"%252e%252e",
			".\t.",
			"a/../..",
			"a\\..",
		]) {
			expect(admits(`file:///docs/${way}/secret`), way).toBe(false);
		}
	});

	test("is allowed as it is written, template or not", () => {
		const { admits } = uriFilter({
			allow: ["https://Example.com", "db://{table}/*"],
		});
		expect(admits("https://Example.com")).toBe(true);
		expect(admits("db://{table}/rows")).toBe(true);
		expect(admits("https://example.com/")).toBe(false);
	});
});
