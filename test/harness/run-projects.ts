import type { TaskMeta } from "vitest";
import { startVitest } from "vitest/node";

/**
 * Runs projects of vitest.config.ts once, and gives what their tests have left in `meta` under `key`. A test that left
 * nothing there and has not passed is an error in `errors`.
 *
 * @param files the test files, by parts of their paths; all where there are none
 */
export async function runProjects<Key extends keyof TaskMeta>(
	projects: string[],
	files: string[],
	key: Key,
): Promise<{ results: NonNullable<TaskMeta[Key]>[]; errors: string[] }> {
	const vitest = await startVitest("test", files, {
		project: projects,
		watch: false,
		reporters: [{}],
	});
	try {
		const errors = vitest.state
			.getUnhandledErrors()
			.map((error) => String(error));
		const results: NonNullable<TaskMeta[Key]>[] = [];
		for (const module of vitest.state.getTestModules()) {
			errors.push(...module.errors().map(({ message }) => message));
			for (const test of module.children.allTests()) {
				const result = test.meta()[key];
				const { state, errors: [error] = [] } = test.result();
				if (result) results.push(result);
				else if (state !== "passed")
					errors.push(`${test.fullName}: ${error?.message ?? "did not run"}`);
			}
		}
		return { results, errors };
	} finally {
		await vitest.close();
	}
}
