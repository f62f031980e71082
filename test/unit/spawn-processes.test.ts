import { pino } from "pino";
import { expect, test } from "vitest";
import {
	resolveConfig,
	type ServerConfig,
} from "../../src/config/resolve-config.ts";
import { Counters } from "../../src/spawn/counters.ts";
import type { LaunchOutcome } from "../../src/spawn/launch.ts";
import { Processes } from "../../src/spawn/processes.ts";
import { StartGate } from "../../src/spawn/start-gate.ts";
import { FakeWire, settle } from "../harness/fake-wire.ts";

/** The processes of a server that may have so many; `inUse` and `endIdle` are the test's. */
function open(maxChildren: number, more: { warm?: number } = {}) {
	const input = {
		command: "x",
		maxChildren,
		isolation: "session",
		...more,
	} as const;
	const { servers } = resolveConfig(
		{ servers: { one: input } },
		{ file: "servers.ts" },
	);
	const config = servers.one as ServerConfig;
	const wires: FakeWire[] = [];
	const counters = new Counters();
	const state = { inUse: 0, endsIdle: false };
	const processes = new Processes(
		{
			name: "one",
			config: () => config,
			inUse: () => state.inUse,
			endIdle: () => state.endsIdle,
			counters,
			gate: new StartGate(100),
			log: pino({ level: "silent" }),
		},
		() => {
			const wire = new FakeWire();
			wires.push(wire);
			return wire;
		},
	);
	const outcomes: LaunchOutcome[] = [];
	const launch = () => processes.launch((outcome) => outcomes.push(outcome));
	return { processes, wires, counters, state, outcomes, launch };
}

test("a process is there at once where there may be one more, and counts until it is gone", async () => {
	const { processes, wires, outcomes, launch } = open(1);
	launch();
	expect(outcomes).toMatchObject([{ type: "launched", wire: wires[0] }]);
	expect(processes.count).toBe(1);
	await wires[0]?.die();
	expect(processes.count).toBe(0);
});

test("there are no more than maxChildren: one more is denied, and counted", () => {
	const { wires, counters, state, outcomes, launch } = open(2);
	launch();
	launch();
	state.inUse = 2;
	launch();
	expect(wires).toHaveLength(2);
	expect(outcomes.at(-1)).toMatchObject({
		type: "denied",
		exit: { code: "TOO_MANY_CHILDREN" },
	});
	expect(counters.snapshot().limitsReached).toEqual({ maxChildren: 1 });
});

test.each([
	["is on its way out already", { inUse: 0, endsIdle: false }],
	["was idle", { inUse: 1, endsIdle: true }],
])("where one %s, the next one waits for its place, unless it is cancelled", async (_what, given) => {
	for (const isCancelled of [false, true]) {
		const { wires, state, outcomes, launch } = open(1);
		launch();
		Object.assign(state, given);
		const cancel = launch();
		expect(outcomes).toHaveLength(1);
		if (isCancelled) cancel();
		await wires[0]?.die();
		await settle();
		expect(outcomes).toHaveLength(isCancelled ? 1 : 2);
		expect(wires).toHaveLength(isCancelled ? 1 : 2);
	}
});

test("of several that wait for a place each gets one in turn", async () => {
	const { wires, outcomes, launch } = open(1);
	launch();
	launch();
	launch();
	for (const count of [2, 3]) {
		await wires.at(-1)?.die();
		await settle();
		expect(outcomes).toHaveLength(count);
		expect(wires).toHaveLength(count);
	}
});

test("a spare is handed out to who asks for one, and to nobody else", () => {
	const { processes, wires, outcomes, launch } = open(3, { warm: 1 });
	processes.fill();
	expect(wires).toHaveLength(1);
	launch();
	expect(outcomes).toMatchObject([{ wire: wires[1] }]);
	processes.launchSpare((outcome) => outcomes.push(outcome));
	expect(outcomes.at(-1)).toMatchObject({ wire: wires[0] });
	expect(processes.count).toBe(2);
});
