import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";

/** Ends the output with one line for people and scripts alike: `tests: N passed, N failed`. */
export default class SummaryReporter implements Reporter {
	onTestRunEnd(
		modules: readonly TestModule[],
		errors: readonly unknown[],
		_reason: TestRunEndReason,
	): void {
		let passed = 0;
		// What belongs to no test (an unhandled rejection, a file that does not load) is a failure too.
		let failed = errors.length;
		for (const module of modules) {
			failed += module.errors().length;
			for (const suite of module.children.allSuites())
				failed += suite.errors().length;
			for (const test of module.children.allTests()) {
				const { state } = test.result();
				if (state === "passed") passed++;
				if (state === "failed") failed++;
			}
		}
		// The default reporter prints its own summary in this same event; this comes after all of them.
		process.once("exit", () =>
			process.stdout.write(`tests: ${passed} passed, ${failed} failed\n`),
		);
	}
}
