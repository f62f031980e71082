import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs, failuresToGiveUp } from "../../src/spawn/backoff.ts";
import type { Command } from "../../src/spawn/supervisor-state.ts";
import { idle, step } from "../../src/spawn/supervisor-step.ts";
import { died } from "../harness/fake-wire.ts";
import { killed } from "../harness/supervised.ts";

/** What holds whatever happens, in whatever order. */

const happening = fc.oneof(
	fc.constant({ type: "need" as const }),
	fc.constant({ type: "need" as const }),
	fc.record({ type: fc.constant("launched" as const) }),
	fc.record({ type: fc.constant("launched" as const) }),
	fc.record({ type: fc.constant("denied" as const) }),
	fc.record({
		type: fc.constant("opened" as const),
		isProven: fc.boolean(),
	}),
	fc.record({
		type: fc.constant("not opened" as const),
		how: fc.constantFrom("dies", "dies", "killed", "refuses"),
	}),
	fc.record({
		type: fc.constant("used" as const),
		usage: fc.constantFrom("asked" as const, "served" as const),
	}),
	fc.record({ type: fc.constant("exits" as const) }),
	fc.record({ type: fc.constant("gone" as const), which: fc.nat() }),
	fc.record({
		type: fc.constant("wait" as const),
		ms: fc.oneof(fc.nat(600), fc.nat(40_000)),
	}),
	fc.record({
		type: fc.constant("set clock" as const),
		ms: fc.integer({ min: -10_000_000, max: 10_000_000 }),
	}),
	fc.record({ type: fc.constant("stop child" as const) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** A world of processes and one timer that does what a supervisor says, and in which anything may happen. */
class World {
	supervision: typeof idle | ReturnType<typeof step<number>> = idle;
	readonly keepUp: boolean;
	readonly random: () => number;
	now = 1000;
	wallMs = 5_000_000_000_000;
	launched = 0;
	isLaunching = false;
	timer: number | undefined;
	/** That which is in use, and where it stands. */
	current:
		| { child: number; stage: "launched" | "opening" | "ready" }
		| undefined;
	leaving: number[] = [];
	/** Somebody needs a child, and has not been told what became of it. */
	isOwed = false;
	/** No start before this, for the sake of the last failure. */
	notBefore = 0;
	isStopped = false;
	/** What was to be done in each step, without times. */
	readonly trace: string[] = [];

	constructor(keepUp: boolean, random: () => number) {
		this.keepUp = keepUp;
		this.random = random;
	}

	get state() {
		return this.supervision.state;
	}

	take(event: Parameters<typeof step<number>>[1]): void {
		const before = this.supervision.history.failures;
		const next = step<number>(this.supervision, event, {
			now: { monotonicMs: this.now, wallMs: this.wallMs },
			random: this.random(),
			keepUp: this.keepUp,
			revision: "2025-11-25",
			mayTry: () => true,
		});
		this.supervision = next;
		const { failures } = next.history;
		if (failures > before && event.type !== "needed") {
			this.notBefore = this.now + backoffMs(failures, 0);
		}
		if (event.type === "stopChild") this.notBefore = 0;
		this.trace.push(
			[next.state.name, ...next.commands.map(({ type }) => type)].join(" "),
		);
		for (const command of next.commands) this.#obey(command);
		this.check();
	}

	#obey(command: Command<number>): void {
		// After a stop nothing is begun any more.
		if (this.isStopped) {
			expect(["launch", "open", "setTimer"]).not.toContain(command.type);
		}
		switch (command.type) {
			case "launch":
				expect(this.isLaunching).toBe(false);
				expect(this.current).toBeUndefined();
				expect(this.now).toBeGreaterThanOrEqual(this.notBefore);
				this.isLaunching = true;
				return;
			case "cancelLaunch":
				expect(this.isLaunching).toBe(true);
				this.isLaunching = false;
				return;
			case "open":
				expect(this.current).toEqual({
					child: command.child,
					stage: "launched",
				});
				this.current = { child: command.child, stage: "opening" };
				return;
			case "close":
				expect(this.leaving).not.toContain(command.child);
				this.leaving.push(command.child);
				if (this.current?.child === command.child) this.current = undefined;
				return;
			case "setTimer": {
				expect(this.timer).toBeUndefined();
				this.timer = command.until.monotonicMs;
				expect(this.timer - this.now).toBeLessThanOrEqual(30_000);
				return;
			}
			case "clearTimer":
				expect(this.timer).toBeDefined();
				this.timer = undefined;
				return;
			case "report":
				switch (command.report.type) {
					case "ready":
						expect(this.current).toEqual({
							child: command.report.child,
							stage: "opening",
						});
						this.current = { child: command.report.child, stage: "ready" };
						this.isOwed = false;
						return;
					case "refused":
					case "down":
						this.isOwed = false;
				}
		}
	}

	check(): void {
		const { state } = this;
		expect(this.isLaunching).toBe(state.name === "queued");
		const stage = { launched: "starting", opening: "starting", ready: "ready" };
		if (this.current) {
			expect(state).toMatchObject({
				name: stage[this.current.stage],
				child: this.current.child,
			});
		} else expect(["starting", "ready"]).not.toContain(state.name);
		const isTimed =
			state.name === "waiting" || (state.name === "failed" && state.hasTimer);
		expect(this.timer !== undefined).toBe(isTimed);
		if (state.name === "failed") {
			const { failures } = this.supervision.history;
			expect(failures).toBeGreaterThanOrEqual(failuresToGiveUp);
		}
		// Whoever needs a child hears of it, and until then something is under way.
		if (this.isOwed) {
			expect(["queued", "starting", "stopping", "waiting"]).toContain(
				state.name,
			);
			if (state.name === "stopping") expect(state.isNeeded).toBe(true);
		}
		if (this.isStopped) expect(state.name).toBe("stopped");
	}

	happen(happening: Happening): void {
		const { current } = this;
		switch (happening.type) {
			case "need":
				this.isOwed = this.state.name !== "ready";
				this.take({ type: "needed" });
				return;
			case "launched":
				if (!this.isLaunching) return;
				this.isLaunching = false;
				this.launched++;
				this.current = { child: this.launched, stage: "launched" };
				this.take({ type: "launched", child: this.launched });
				return;
			case "denied":
				if (!this.isLaunching) return;
				this.isLaunching = false;
				this.take({ type: "denied", exit: died });
				return;
			case "opened": {
				if (current?.stage !== "opening") return;
				const { isProven } = happening;
				const { child } = current;
				this.take({ type: "opened", child, result: {}, isProven });
				return;
			}
			case "not opened": {
				if (current?.stage !== "opening") return;
				const failure = happening.how === "killed" ? killed : died;
				const data = { supported: ["2025-06-18", "2026-07-28"] };
				const refusal = { code: -32022, message: "no", data };
				const opening =
					happening.how === "refuses" ? { failure, refusal } : { failure };
				this.take({ type: "notOpened", child: current.child, opening });
				return;
			}
			case "used":
				this.take({ type: "used", usage: happening.usage });
				return;
			case "exits":
				if (current?.stage !== "ready") return;
				this.current = undefined;
				this.take({ type: "exited", child: current.child, exit: died });
				return;
			case "gone": {
				if (this.leaving.length === 0) return;
				const index = happening.which % this.leaving.length;
				const [child = 0] = this.leaving.splice(index, 1);
				this.take({ type: "closed", child });
				return;
			}
			case "wait":
				this.pass(happening.ms);
				return;
			case "set clock":
				this.wallMs += happening.ms;
				return;
			case "stop child":
				this.take({ type: "stopChild" });
		}
	}

	pass(ms: number): void {
		this.now += ms;
		this.wallMs += ms;
		if (this.timer === undefined || this.timer > this.now) return;
		this.timer = undefined;
		this.take({ type: "timer" });
	}

	stop(): void {
		this.isStopped = true;
		this.isOwed = false;
		this.take({ type: "stop" });
	}
}

const script = fc.array(happening, { maxLength: 150 });
const randoms = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));

function run(
	keepUp: boolean,
	random: Iterator<number>,
	happenings: readonly Happening[],
): World {
	const world = new World(keepUp, () => random.next().value ?? 0);
	for (const each of happenings) world.happen(each);
	return world;
}

test("there is one child at most, no start in a pause, one timer, and whoever needs a child hears of it", () => {
	fc.assert(
		fc.property(fc.boolean(), randoms, script, (keepUp, random, happenings) => {
			run(keepUp, random, happenings);
		}),
		{ numRuns: 1000 },
	);
});

test("after a stop nothing is started, and no process, no timer and nobody who waits is left", () => {
	fc.assert(
		fc.property(
			fc.boolean(),
			randoms,
			script,
			script,
			(keepUp, random, before, afterwards) => {
				const world = run(keepUp, random, before);
				world.stop();
				for (const each of afterwards) world.happen(each);
				while (world.leaving.length > 0)
					world.happen({ type: "gone", which: 0 });
				expect(world).toMatchObject({
					isLaunching: false,
					current: undefined,
					timer: undefined,
					isOwed: false,
				});
				expect(world.state).toEqual({ name: "stopped", leaving: undefined });
			},
		),
		{ numRuns: 500 },
	);
});

test("a child that is needed often enough is started in the end, unless it was stopped", () => {
	fc.assert(
		fc.property(fc.boolean(), randoms, script, (keepUp, random, happenings) => {
			const world = run(keepUp, random, happenings);
			if (world.current) return;
			while (world.leaving.length > 0) world.happen({ type: "gone", which: 0 });
			world.pass(30_000);
			world.happen({ type: "need" });
			world.pass(30_000);
			expect(world.state.name).toBe("queued");
		}),
		{ numRuns: 500 },
	);
});

test("the wall clock decides nothing", () => {
	fc.assert(
		fc.property(
			fc.boolean(),
			fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
			script,
			(keepUp, random, happenings) => {
				const isClock = ({ type }: Happening) => type === "set clock";
				const set = run(keepUp, random.values(), happenings);
				const steady = run(
					keepUp,
					random.values(),
					happenings.filter((each) => !isClock(each)),
				);
				expect(set.trace).toEqual(steady.trace);
			},
		),
		{ numRuns: 300 },
	);
});
