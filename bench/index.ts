import { options } from "./options.ts";
import { report } from "./report.ts";
import { run } from "./run.ts";
import { table } from "./table.ts";

const { json, sizes, targets } = options(process.argv);
const results = await run(targets, sizes, (text) => console.error(text));
const finished = report(results, targets, sizes);
console.log(json ? JSON.stringify(finished, null, "\t") : table(finished));
