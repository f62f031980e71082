import { writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../harness/runtimes.ts";
import { startBridge } from "./bridge.ts";
import { clients } from "./clients.ts";
import { compatibilityPage } from "./compatibility-page.ts";
import { docs } from "./install.ts";
import { liteLlms, tryLiteLlm } from "./litellm.ts";
import { chosen } from "./options.ts";
import { hasFailed, type Outcome } from "./outcome.ts";
import { line, report } from "./report.ts";
import { savedOutcomes, saveOutcomes } from "./saved-outcomes.ts";
import { tryClient } from "./try-client.ts";

const isChosen = chosen(process.argv);
const outcomes: Outcome[] = [];
const note = (found: readonly Outcome[]) => {
	outcomes.push(...found);
	saveOutcomes(found);
	for (const outcome of found) console.log(line(outcome));
};

const programs = clients.filter(isChosen);
if (programs.length > 0) {
	const bridge = await startBridge({
		everything: {
			command: path.join(root, "node_modules/.bin/mcp-server-everything"),
			warm: 1,
		},
	});
	for (const client of programs) note(await tryClient(client, bridge));
	await bridge.stop();
}
for (const liteLlm of liteLlms.filter(isChosen))
	note(await tryLiteLlm(liteLlm));

console.log(`\n${report(outcomes, ({ client }) => client)}\n`);
writePage();
const tried = outcomes.filter(({ notTried }) => notTried === undefined);
const failures = tried.filter(hasFailed);
console.log(
	`${tried.length - failures.length} passed, ${failures.length} failed, ${outcomes.length - tried.length} not tried`,
);
if (failures.length > 0 || outcomes.length === 0) process.exitCode = 1;

/** Writes the page once there is an outcome of every client, of this run or an earlier one. */
function writePage(): void {
	const saved = savedOutcomes();
	const all = [...liteLlms, ...clients].map(({ name, version, page }) => ({
		name,
		version,
		of: saved
			.filter(
				(outcome) => outcome.client === name && outcome.version === version,
			)
			.map((outcome) => ({ ...outcome, page })),
	}));
	const missing = all.filter(({ of }) => of.length === 0);
	if (missing.length > 0) {
		const names = missing.map(({ name, version }) => `${name} ${version}`);
		console.log(
			`docs/clients/compatibility.md is not written: there is no outcome yet of ${names.join(", ")}`,
		);
		return;
	}
	writeFileSync(
		path.join(docs, "compatibility.md"),
		compatibilityPage(all.flatMap(({ of }) => of)),
	);
}
