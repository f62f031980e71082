import { runProjects } from "../harness/run-projects.ts";
import { options } from "./options.ts";
import { report } from "./report.ts";
import type { Result } from "./result.ts";

const { runs, runtimes } = options(process.argv.slice(2));
const done: Result[][] = [];
const errors: string[] = [];
for (let run = 1; run <= runs; run++) {
	const projects = runtimes.map((name) => `conformance-${name}`);
	const outcome = await runProjects(projects, [], "conformance");
	done.push(outcome.results);
	errors.push(...outcome.errors);
	console.error(`Run ${run} of ${runs} is done`);
}
const { text, asExpected } = report(done, runtimes, errors);
console.log(text);
process.exitCode = asExpected ? 0 : 1;
