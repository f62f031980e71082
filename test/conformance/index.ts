import { options } from "./options.ts";
import { report } from "./report.ts";
import { type Result, runProjects } from "./run-projects.ts";

const { runs, runtimes } = options(process.argv.slice(2));
const done: Result[][] = [];
const errors: string[] = [];
for (let run = 1; run <= runs; run++) {
	const outcome = await runProjects(runtimes);
	done.push(outcome.results);
	errors.push(...outcome.errors);
	console.error(`Run ${run} of ${runs} is done`);
}
const { text, asExpected } = report(done, runtimes, errors);
console.log(text);
process.exitCode = asExpected ? 0 : 1;
