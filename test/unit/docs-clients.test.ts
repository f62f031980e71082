import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const folder = path.resolve(import.meta.dirname, "../../docs/clients");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
const pages = files.filter((file) => file.endsWith(".md"));
const programs = files.filter((file) =>
	/\.(py|ts|go|java|json|yaml)$/.test(file),
);

/** Whatever a page links to by its own name, and then shows in a block. */
const shown = pages.flatMap((page) =>
	[
		...read(page).matchAll(
			/\[`([^`]+)`\]\(\1\)[^\n]*:\n\n```\w+\n([\s\S]*?)```/g,
		),
	].map(([, file = "", block = ""]) => ({ page, file, block })),
);

describe("the pages of docs/clients", () => {
	test.each(shown)("$page shows $file as it is", ({ file, block }) => {
		expect(withoutIndent(read(file))).toContain(withoutIndent(block));
	});

	test("show a part of every program and every config that is run", () => {
		expect(shown.map(({ file }) => file).sort()).toEqual(programs.sort());
	});
});

function read(file: string): string {
	return readFileSync(path.join(folder, file), "utf8");
}

function withoutIndent(text: string): string {
	return text
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "")
		.join("\n");
}
