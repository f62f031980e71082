import { startVitest } from "vitest/node";
import type { Score } from "./score.ts";

export interface Result {
	/** Fixture and revision. */
	name: string;
	runtime: string;
	score: Score;
}

/** Runs the conformance projects once. A test that did not get as far as a score is an error in `errors`. */
export async function runProjects(
	runtimes: readonly string[],
): Promise<{ results: Result[]; errors: string[] }> {
	const vitest = await startVitest("test", [], {
		project: runtimes.map((name) => `conformance-${name}`),
		watch: false,
		reporters: [{}],
	});
	try {
		const errors = vitest.state
			.getUnhandledErrors()
			.map((error) => String(error));
		const results: Result[] = [];
		for (const module of vitest.state.getTestModules()) {
			errors.push(...module.errors().map(({ message }) => message));
			for (const test of module.children.allTests()) {
				const { conformance } = test.meta();
				const [error] = test.result().errors ?? [];
				if (conformance !== undefined) results.push(conformance);
				else
					errors.push(`${test.fullName}: ${error?.message ?? "did not run"}`);
			}
		}
		return { results, errors };
	} finally {
		await vitest.close();
	}
}
