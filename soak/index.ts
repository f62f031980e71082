import { writeFileSync } from "node:fs";
import { Steps } from "../bench/steps.ts";
import { curves } from "./curves.ts";
import { judge } from "./judge.ts";
import { options } from "./options.ts";
import { page } from "./page.ts";
import { run } from "./run.ts";
import { startBridge } from "./start-bridge.ts";
import { table } from "./table.ts";

const chosen = options(process.argv);
const bridge = await startBridge(chosen.runtime);
const steps = new Steps(chosen.sessions);
let samples = 0;
const done = await run(bridge, chosen, ({ sessions, resident }) => {
	// Where no line is changed, not each needs one of its own.
	if (process.stderr.isTTY || ++samples % 10 === 0)
		steps.at(sessions, `sessions, ${(resident / 1e6).toFixed(0)} MB`);
}).finally(() => steps.stop());
const criteria = judge(done);

console.log(table(done, 20));
for (const { text, measured, met } of criteria)
	console.log(`${met ? "yes" : "NO "}  ${text}: ${measured}`);
if (chosen.write) {
	const docs = new URL("../docs/", import.meta.url);
	const facts = { load: chosen, runtime: bridge.runtime };
	writeFileSync(new URL("soak.md", docs), page(done, criteria, facts));
	writeFileSync(
		new URL("soak.svg", docs),
		curves([done.before, ...done.samples]),
	);
}
process.exitCode = criteria.every(({ met }) => met) ? 0 : 1;
