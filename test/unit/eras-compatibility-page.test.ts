import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "../harness/runtimes.ts";
import { cellResult } from "../suite/eras/cell-result.ts";
import { compatibilityPage } from "../suite/eras/compatibility-page.ts";
import { clientRevisions, eras } from "../suite/eras/era-client.ts";
import { features } from "../suite/eras/features.ts";

test("docs/compatibility.md says what the table says (npm run compatibility writes it)", () => {
	const cells = eras.flatMap((server) =>
		clientRevisions.flatMap((client) =>
			features.map((feature) => cellResult(feature, client, server)),
		),
	);
	const page = readFileSync(path.join(root, "docs/compatibility.md"), "utf8");
	expect(compatibilityPage(cells)).toBe(page);
});

test.each(
	features.map((feature) => [feature.name, feature] as const),
)("%s: what is there in part or not at all is not all of it", (_name, feature) => {
	for (const outcome of Object.values(feature.outcomes))
		if ("seen" in outcome) expect(outcome.seen).not.toEqual(feature.whole);
});
