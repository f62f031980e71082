import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../harness/runtimes.ts";

/**
 * What a build of the image is given: of the repository's files, those that `.dockerignore` lets through.
 *
 * @param more further files that lie in the clone and are not git's, such as `.env`
 */
export function contextFiles(more: readonly string[] = []): string[] {
	const files = execFileSync(
		"git",
		["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
		{ cwd: root, encoding: "utf8" },
	)
		.split("\0")
		.filter((file) => file !== "" && existsSync(path.join(root, file)));
	const rules = readFileSync(path.join(root, ".dockerignore"), "utf8")
		.split("\n")
		.filter((line) => line !== "" && !line.startsWith("#"))
		.map((line) => ({
			isKept: line.startsWith("!"),
			pattern: patternOf(line.replace(/^!/, "")),
		}));
	return [...files, ...more].filter(
		(file) =>
			rules.findLast(({ pattern }) => pattern.test(file))?.isKept ?? true,
	);
}

/** Docker's: a pattern that matches a folder matches all that is in it. */
function patternOf(glob: string): RegExp {
	const source = glob.replaceAll(".", "\\.").replaceAll("*", "[^/]*");
	return new RegExp(`^${source}(/|$)`);
}

export function copyContext(folder: string): void {
	for (const file of contextFiles()) {
		mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
		cpSync(path.join(root, file), path.join(folder, file));
	}
}
