import { parseArgs } from "node:util";
import { type RuntimeName, runtimeNames } from "../harness/runtimes.ts";
import { runRounds } from "./run-rounds.ts";

/**
 * `npm run orphans -- --rounds 100 --runtime deno --seed 7`: what is left of bridges that are killed under load.
 * Exit code 1 where anything is.
 */

const { values } = parseArgs({
	options: {
		rounds: { type: "string", default: "100" },
		runtime: { type: "string", default: "node" },
		seed: { type: "string", default: String(Date.now() % 2 ** 31) },
	},
});
const runtime = runtimeNames.find((name) => name === values.runtime);
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
if (runtime === undefined)
	throw new Error(
		`There is no runtime "${values.runtime}" (${runtimeNames.join(", ")})`,
	);
if (!(rounds > 0) || !Number.isInteger(seed))
	throw new Error("--rounds and --seed are whole numbers");

console.log(`--rounds ${rounds} --runtime ${runtime} --seed ${seed}`);
const results = await runRounds(
	{ rounds, seed, runtime: runtime as RuntimeName },
	({ round, livedMs, processes, survivors }) => {
		if (survivors.length === 0) return;
		console.log(
			`round ${round}, killed after ${livedMs} ms with ${processes} processes: ${survivors.length} left`,
		);
		for (const survivor of survivors) console.log(`  ${survivor}`);
	},
);
const left = results.flatMap(({ survivors }) => survivors);
const processes = results.reduce((sum, each) => sum + each.processes, 0);
const dirty = results.filter(({ survivors }) => survivors.length > 0);
console.log(
	`${left.length} of ${processes} processes left, in ${dirty.length} of ${rounds} rounds`,
);
process.exitCode = left.length === 0 ? 0 : 1;
