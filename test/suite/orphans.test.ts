import { expect, test } from "vitest";
import { runtimeName } from "../harness/runtimes.ts";
import { runRounds } from "../orphans/run-rounds.ts";

/** A short `npm run orphans`: ORPHANS_SEED is the seed of a run that is to be repeated. */

const seed = Number(process.env.ORPHANS_SEED ?? Date.now() % 2 ** 31);

test(`nothing outlives bridges that are killed under load (ORPHANS_SEED=${seed})`, async () => {
	const rounds = await runRounds({ rounds: 3, runtime: runtimeName, seed });
	expect(rounds.flatMap(({ survivors }) => survivors)).toEqual([]);
	const processes = rounds.map(({ processes }) => processes);
	expect(Math.max(...processes)).toBeGreaterThan(5);
});
