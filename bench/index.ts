import { options } from "./options.ts";
import { report } from "./report.ts";
import { run, stepCount } from "./run.ts";
import { Steps } from "./steps.ts";
import { table } from "./table.ts";

const { json, sizes, targets } = options(process.argv);
const steps = new Steps(stepCount(targets, sizes));
const results = await run(targets, sizes, (step, text) => steps.at(step, text));
steps.stop();
const finished = report(results, targets, sizes);
console.log(json ? JSON.stringify(finished, null, "\t") : table(finished));
