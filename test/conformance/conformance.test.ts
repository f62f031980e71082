import { beforeAll, describe, expect, test } from "vitest";
import { runtimeName } from "../harness/runtimes.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { baseline } from "./baseline.ts";
import { type Fixture, fixtureNames, fixtures } from "./fixtures.ts";
import {
	type Revision,
	scoredScenarios,
	unscoredScenarios,
} from "./requirements.ts";
import type { Result } from "./result.ts";
import { runSuite } from "./run-suite.ts";
import { type Score, score } from "./score.ts";

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({ servers: fixtures });
});

async function scoreOf(fixture: Fixture, revision: Revision): Promise<Score> {
	return score(
		await runSuite(
			`${bridge.url}/servers/${fixture}/mcp`,
			"--requirements",
			revision,
		),
		scoredScenarios(revision),
		unscoredScenarios[revision],
		baseline[fixture][revision],
	);
}

function claims(revision: Revision, total: number): void {
	for (const fixture of fixtureNames)
		test(`a ${fixture} server fails in the known scenarios of ${revision} only`, async ({
			task,
		}) => {
			const score = await scoreOf(fixture, revision);
			const result: Result = {
				name: `${fixture} × ${revision}`,
				runtime: runtimeName,
				score,
			};
			task.meta.conformance = result;
			const { passed: _, ...rest } = score;
			expect(rest).toEqual({ total, failing: {}, passing: [] });
		});
}

// At the same time: a run of this revision mostly waits for the children that its clients get.
describe.concurrent("2025-11-25", () => claims("2025-11-25", 30));

// One by one: the suite reads some of the streams for no longer than half a second.
describe("2026-07-28", () => claims("2026-07-28", 37));

/** It looks at streams only, and by itself the bridge answers with JSON what is one message. */
test.each(
	fixtureNames,
)("server-sse-polling passes in front of a %s server where every answer is a stream", async (fixture) => {
	const streaming = await startBridge({
		servers: fixtures,
		postResponse: "sse",
	});
	const verdicts = await runSuite(
		`${streaming.url}/servers/${fixture}/mcp`,
		...["--scenario", "server-sse-polling"],
		...["--spec-version", "2025-11-25"],
	);
	expect(verdicts.get("server-sse-polling")).toEqual({
		passed: true,
		reasons: [],
	});
	await streaming.stop();
});
