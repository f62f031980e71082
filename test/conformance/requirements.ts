import { readFileSync } from "node:fs";
import { suiteFile } from "./suite.ts";

export const revisions = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof revisions)[number];

/** The scenarios that count for a server of this revision, by the suite's own list. */
export function scoredScenarios(revision: Revision): string[] {
	const text = readFileSync(suiteFile(`requirements/${revision}.yaml`), "utf8");
	const list = /^server:\n((?: {2}- \S+\n)+)/m.exec(text)?.[1];
	if (list === undefined)
		throw new Error(
			`Cannot read the requirements of ${revision}: no list "server" in the suite's file`,
		);
	return [...list.matchAll(/- (\S+)/g)].map(([, name = ""]) => name);
}

/** Scenarios that run along and do not count, though it is the bridge that decides them. */
export const unscoredScenarios: Record<Revision, readonly string[]> = {
	"2025-11-25": ["json-schema-2020-12", "server-session-lifecycle"],
	"2026-07-28": [
		"http-custom-header-server-validation",
		"http-header-validation",
		"json-schema-2020-12",
	],
};
