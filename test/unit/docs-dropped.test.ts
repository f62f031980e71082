import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dropKinds } from "../../src/protocol/drop-kinds.ts";

test("docs/operations.md has every kind of message that is dropped, with what it was, and no other", () => {
	const url = new URL("../../docs/operations.md", import.meta.url);
	const [, section = ""] = readFileSync(url, "utf8").split(
		"## Dropped messages",
	);
	const [table = ""] = section.split("\n## ");
	const rows = [...table.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(
		([, kind, what]) => [kind, what],
	);
	expect(Object.fromEntries(rows)).toEqual(dropKinds);
});
