import { spawn } from "node:child_process";
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { judge, type Verdict } from "./judge.ts";
import { suiteFile, suiteNode } from "./suite.ts";

const timeoutMs = 240_000;

/** What the suite leaves behind for each scenario is a folder `server-NAME-TIME`, with the checks if it ran to its end. */
function readVerdicts(folder: string): Map<string, Verdict> {
	const verdicts = new Map<string, Verdict>();
	for (const entry of readdirSync(folder)) {
		const name = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(entry)?.[1];
		if (name === undefined) continue;
		const file = path.join(folder, entry, "checks.json");
		verdicts.set(
			name,
			existsSync(file)
				? judge(JSON.parse(readFileSync(file, "utf8")))
				: { passed: false, reasons: ["it broke off"] },
		);
	}
	return verdicts;
}

/**
 * Runs scenarios against a server, one after the other.
 *
 * @param choice the arguments by which the suite is told which
 */
export async function runSuite(
	url: string,
	...choice: string[]
): Promise<Map<string, Verdict>> {
	const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-suite-"));
	try {
		const suite = spawn(
			suiteNode(),
			[
				suiteFile("dist/index.js"),
				"server",
				...["--url", url],
				...choice,
				...["-o", folder],
			],
			{ stdio: ["ignore", "ignore", "pipe"], timeout: timeoutMs },
		);
		const errors = await text(suite.stderr);
		const verdicts = readVerdicts(folder);
		// Its exit code says only that something failed, which the verdicts say better.
		if (verdicts.size === 0)
			throw new Error(
				`Cannot run the conformance suite (${choice.join(" ")}) against ${url}: it left no results\n${errors}`,
			);
		return verdicts;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
