import { writeFileSync } from "node:fs";
import path from "node:path";
import { runProjects } from "../../harness/run-projects.ts";
import { root } from "../../harness/runtimes.ts";
import { compatibilityPage } from "./compatibility-page.ts";

const { results, errors } = await runProjects(
	["node"],
	["test/suite/eras"],
	"cell",
);
if (errors.length === 0) {
	writeFileSync(
		path.join(root, "docs/compatibility.md"),
		compatibilityPage(results),
	);
	console.log(`docs/compatibility.md: ${results.length} cells`);
} else {
	console.error(errors.join("\n"));
	process.exitCode = 1;
}
