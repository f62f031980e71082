import { beforeAll, describe, expect, test } from "vitest";
import { ownDescriptors } from "../chaos/resources.ts";
import {
	type ChaosRun,
	runChaos,
	spareDescriptors,
} from "../chaos/run-chaos.ts";
import { chaosSettings } from "../chaos/settings.ts";
import { linesOf, scratch } from "../harness/scratch.ts";

/**
 * Fifty clients of every dialect, while children are killed and frozen, connections cut, the config edited and the
 * bridge ended and started again: CHAOS_MS is for how long, CHAOS_SEED the seed of a run that is to be repeated.
 */

const settings = chaosSettings(process.env);
const seeded = `CHAOS_SEED=${settings.seed} CHAOS_MS=${settings.chaosMs}`;
const at = scratch();
const files = { calls: at("calls"), violations: at("violations") };

/** How much the resident memory may have grown since the warm-up, in MiB. */
const allowedMib = 80;

describe(`under faults at random (${seeded})`, () => {
	let run: ChaosRun;
	beforeAll(async () => {
		console.log(seeded);
		run = await runChaos(settings, files);
		const { journal, idle, loaded, rest } = run;
		const { statuses, faults } = journal;
		console.log(
			JSON.stringify(
				{
					faults: Object.fromEntries(faults.counts),
					requests: journal.outcomes(),
					statuses: Object.fromEntries(statuses),
					resources: { idle, loaded, rest },
				},
				null,
				"\t",
			),
		);
	}, settings.chaosMs + 180_000);

	test("every request is answered once, by its own answer, or is known to be lost", () => {
		const { violations, violationCount } = run.journal;
		expect(violations, `${seeded}: ${violationCount} violations`).toEqual([]);
	});

	test("nobody waits in vain", () => {
		expect(run.unanswered, seeded).toEqual([]);
		expect(run.stuck, seeded).toEqual([]);
	});

	test("most requests are answered by a result all the same", () => {
		const all = [...run.journal.requests.values()];
		const answered = all.filter(({ isAnswered }) => isAnswered);
		expect(answered.length, seeded).toBeGreaterThan(all.length / 2);
	});

	test("a call that is not idempotent runs once where it is answered, and else once at most", () => {
		const runs = linesOf(files.calls);
		const twice = runs.filter((nonce, index) => runs.indexOf(nonce) !== index);
		expect(twice, seeded).toEqual([]);
		const counted = new Set(runs);
		const neverRun = [...run.journal.requests.values()].filter(
			({ tool, isAnswered, nonce }) =>
				tool === "count" && isAnswered && !counted.has(nonce),
		);
		expect(neverRun, seeded).toEqual([]);
		expect(counted.size, seeded).toBeGreaterThan(0);
	});

	test("no server is asked anything before its handshake is done", () => {
		expect(linesOf(files.violations), seeded).toEqual([]);
	});

	test("the last edit of the config is in force", () => {
		const { expected, found } = run.serverNames;
		expect(found, seeded).toEqual(expected);
	});

	test("the bridge gives back what its clients cost: connections and memory", () => {
		const { idle, loaded, rest } = run;
		const most = ownDescriptors(idle) + spareDescriptors;
		expect(ownDescriptors(rest), seeded).toBeLessThanOrEqual(most);
		expect(rest.residentMib, seeded).toBeLessThanOrEqual(
			loaded.residentMib * 1.25 + allowedMib,
		);
	});

	test("no process outlives its bridge", () => {
		expect(run.left, seeded).toEqual([]);
	});

	test("the bridge fails on nothing", () => {
		const failures = run.log.filter((line) =>
			/unhandledRejection|uncaughtException|a request failed/.test(line),
		);
		expect(failures, seeded).toEqual([]);
	});
});
