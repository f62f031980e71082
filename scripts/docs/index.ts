import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../test/harness/runtimes.ts";
import { generatedPages, withGeneratedSections } from "./generated-sections.ts";

/** `npm run docs`: writes the tables of options and flags into docs. */

for (const page of generatedPages) {
	const file = path.join(root, page);
	writeFileSync(file, await withGeneratedSections(readFileSync(file, "utf8")));
	console.log(page);
}
