import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
	generatedPages,
	sectionsOf,
	withGeneratedSections,
} from "../../scripts/docs/generated-sections.ts";
import { optionSchemas } from "../../scripts/docs/option-table.ts";
import { partsOf, readOptions } from "../../scripts/docs/read-options.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";
import { bridgeKeys, serverKeys } from "../../src/config/schema.ts";
import { root } from "../harness/runtimes.ts";

const read = (page: string) => readFileSync(path.join(root, page), "utf8");
const bridgeParts = partsOf("BridgeInput");
const serverParts = partsOf("ServerInput");
const options = [...bridgeParts, ...serverParts].flatMap(readOptions);

/** What somebody gets who sets nothing that can be left out. */
const config = resolveConfig(
	{ servers: { a: { command: "x" }, b: { command: "x" } } },
	{ file: path.join(root, "servers.ts") },
);
const resolved: Record<string, unknown> = { ...config, ...config.servers.a };

describe("the tables of options and flags in docs", () => {
	test.each(generatedPages)("%s is what npm run docs writes", async (page) => {
		expect(await withGeneratedSections(read(page))).toBe(read(page));
	});

	test("have every option, once", () => {
		const sections = sectionsOf(read("docs/configuration.md"), "options");
		expect(sections.sort()).toEqual([...bridgeParts, ...serverParts].sort());
		const names = options.map(({ name }) => name);
		expect(names.sort()).toEqual([...bridgeKeys, ...serverKeys].sort());
	});
});

describe("the docstring of an option", () => {
	const optional = options.filter(({ isRequired }) => !isRequired);

	test.each(optional)("$name has the default that a config without it gets", ({
		name,
		defaultValue,
	}) => {
		const literal = /^`([^`]+)`/.exec(defaultValue ?? "")?.[1];
		const schema = optionSchemas[name] as { default?: unknown };
		if (schema.default === undefined) {
			// There is nothing to compare: the default is none, or depends on other things, and words say so.
			expect(defaultValue).toBeTypeOf("string");
			expect(literal).toBeUndefined();
			return;
		}
		const value = JSON.parse(literal?.replaceAll(/(?<=\d)_/g, "") ?? "null");
		expect(value).toEqual(resolved[name]);
	});
});
