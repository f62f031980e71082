import { describe, expect, test } from "vitest";
import { failuresToGiveUp } from "../../src/spawn/backoff.ts";
import type { SupervisorEvent } from "../../src/spawn/supervisor-state.ts";
import { died } from "../harness/fake-wire.ts";
import { killed, Supervised } from "../harness/supervised.ts";

/** What happens in each state at each event. What a row does not name changes nothing. */

const keptUp = () => new Supervised({ keepUp: true });

/** How each state is come to. */
const states = {
	idle: () => new Supervised(),
	/** No child, and none before the pause is over. */
	"idle in a pause"() {
		const supervised = new Supervised();
		supervised.fail(2);
		return supervised;
	},
	queued() {
		const supervised = new Supervised();
		supervised.need();
		return supervised;
	},
	starting() {
		const supervised = states.queued();
		supervised.launch();
		return supervised;
	},
	ready() {
		const supervised = states.starting();
		supervised.open();
		return supervised;
	},
	"ready, kept up"() {
		const supervised = keptUp();
		supervised.start();
		return supervised;
	},
	stopping() {
		const supervised = states.ready();
		supervised.take({ type: "stopChild" });
		return supervised;
	},
	"stopping, needed"() {
		const supervised = states.stopping();
		supervised.need();
		return supervised;
	},
	"stopping, kept up"() {
		const supervised = states["ready, kept up"]();
		supervised.take({ type: "stopChild" });
		return supervised;
	},
	waiting() {
		const supervised = states["idle in a pause"]();
		supervised.need();
		return supervised;
	},
	"waiting, kept up"() {
		const supervised = keptUp();
		supervised.start();
		supervised.die();
		return supervised;
	},
	failed() {
		const supervised = new Supervised();
		supervised.fail(failuresToGiveUp);
		return supervised;
	},
	"failed, its pause over"() {
		const supervised = states.failed();
		supervised.pass(30_000);
		return supervised;
	},
	"failed, kept up"() {
		const supervised = keptUp();
		supervised.fail(failuresToGiveUp);
		return supervised;
	},
	"stopped, its child on its way out"() {
		const supervised = states.ready();
		supervised.take({ type: "stop" });
		return supervised;
	},
	"stopping, then stopped"() {
		const supervised = states.stopping();
		supervised.take({ type: "stop" });
		return supervised;
	},
	stopped() {
		const supervised = states["stopped, its child on its way out"]();
		supervised.take({ type: "closed", child: 1 });
		return supervised;
	},
};

const refusal = { code: -32602, message: "no", data: ["2024-11-05"] };

/** Of the child in use, where they are of one. */
const events = {
	needed: () => ({ type: "needed" }),
	launched: () => ({ type: "launched", child: 99 }),
	denied: () => ({ type: "denied", exit: died }),
	opened: (child) => ({ type: "opened", child, result: {}, isProven: false }),
	"not opened": (child) => ({
		type: "notOpened",
		child,
		opening: { failure: died },
	}),
	"killed at its start": (child) => ({
		type: "notOpened",
		child,
		opening: { failure: killed },
	}),
	"revision refused": (child) => ({
		type: "notOpened",
		child,
		opening: { failure: died, refusal },
	}),
	used: () => ({ type: "used", usage: "asked" }),
	exited: (child) => ({ type: "exited", child, exit: died }),
	closed: (child) => ({ type: "closed", child }),
	timer: () => ({ type: "timer" }),
	"stop child": () => ({ type: "stopChild" }),
	stop: () => ({ type: "stop" }),
} satisfies Record<string, (child: number) => SupervisorEvent<number>>;

/** The state that follows, and what is to be done. */
type Row = Partial<Record<keyof typeof events, [string, ...string[]]>>;

/** A process that comes when it is not wanted any more. */
const surplus = "close";

const table: Record<keyof typeof states, Row> = {
	idle: {
		needed: ["queued", "launch"],
		launched: ["idle", surplus],
		stop: ["stopped", "report refused"],
	},
	"idle in a pause": {
		needed: ["waiting", "setTimer"],
		launched: ["idle", surplus],
		stop: ["stopped", "report refused"],
	},
	queued: {
		launched: ["starting", "report started", "open"],
		denied: ["idle", "report refused"],
		"stop child": ["queued", "cancelLaunch", "launch"],
		stop: ["stopped", "cancelLaunch", "report refused"],
	},
	starting: {
		launched: ["starting", surplus],
		opened: ["ready", "report ready"],
		"not opened": ["idle", "close", "report refused"],
		"killed at its start": ["queued", "close", "launch"],
		"revision refused": ["queued", "close", "report reopening", "launch"],
		"stop child": ["stopping", "report down", "close"],
		stop: ["stopped", "close"],
	},
	ready: {
		launched: ["ready", surplus],
		used: ["ready"],
		exited: ["idle", "report down"],
		"stop child": ["stopping", "report down", "close"],
		stop: ["stopped", "report down", "close"],
	},
	"ready, kept up": {
		launched: ["ready", surplus],
		used: ["ready"],
		exited: ["waiting", "setTimer", "report down"],
		"stop child": ["stopping", "report down", "close"],
		stop: ["stopped", "report down", "close"],
	},
	stopping: {
		needed: ["stopping"],
		launched: ["stopping", surplus],
		closed: ["idle"],
		stop: ["stopped"],
	},
	"stopping, needed": {
		launched: ["stopping", surplus],
		closed: ["queued", "launch"],
		stop: ["stopped"],
	},
	"stopping, kept up": {
		needed: ["stopping"],
		launched: ["stopping", surplus],
		closed: ["queued", "launch"],
		stop: ["stopped"],
	},
	waiting: {
		launched: ["waiting", surplus],
		timer: ["queued", "launch"],
		"stop child": ["queued", "clearTimer", "launch"],
		stop: ["stopped", "clearTimer", "report refused"],
	},
	"waiting, kept up": {
		launched: ["waiting", surplus],
		timer: ["queued", "launch"],
		"stop child": ["queued", "clearTimer", "launch"],
		stop: ["stopped", "clearTimer", "report refused"],
	},
	failed: {
		needed: ["failed", "report refused"],
		launched: ["failed", surplus],
		"stop child": ["idle"],
		stop: ["stopped", "report refused"],
	},
	"failed, its pause over": {
		needed: ["queued", "launch"],
		launched: ["failed", surplus],
		"stop child": ["idle"],
		stop: ["stopped", "report refused"],
	},
	"failed, kept up": {
		needed: ["failed", "report refused"],
		launched: ["failed", surplus],
		timer: ["queued", "launch"],
		"stop child": ["queued", "clearTimer", "launch"],
		stop: ["stopped", "clearTimer", "report refused"],
	},
	"stopped, its child on its way out": {
		needed: ["stopped", "report refused"],
		launched: ["stopped", surplus],
		closed: ["stopped", "report refused"],
	},
	"stopping, then stopped": {
		needed: ["stopped", "report refused"],
		launched: ["stopped", surplus],
		closed: ["stopped", "report refused"],
	},
	stopped: {
		needed: ["stopped", "report refused"],
		launched: ["stopped", surplus],
	},
};

/** The process in use, or on its way out. */
function childOf({ state }: Supervised): number {
	if ("child" in state) return state.child;
	return state.name === "stopped" ? (state.leaving ?? 0) : 0;
}

describe.each(Object.keys(table) as (keyof typeof states)[])("%s", (name) => {
	const cells = Object.keys(events).map((event) => {
		const cell = table[name][event as keyof typeof events];
		return [event, cell?.join(" → ") ?? "nothing changes"] as const;
	});

	test.each(cells)("%s: %s", (event, expected) => {
		const supervised = states[name]();
		const before = supervised.state;
		const make = events[event as keyof typeof events];
		const commands = supervised.take(make(childOf(supervised)));
		const after = [supervised.state.name, ...commands].join(" → ");
		if (expected !== "nothing changes") expect(after).toBe(expected);
		else {
			expect(commands).toEqual([]);
			if (event !== "stop child") expect(supervised.state).toEqual(before);
			else expect(supervised.state.name).toBe(before.name);
		}
	});

	test.each([
		"opened",
		"not opened",
		"revision refused",
		"exited",
		"closed",
	] as const)("%s, of a child that was given up: nothing changes", (event) => {
		const supervised = states[name]();
		const { supervision } = supervised;
		expect(supervised.take(events[event](77))).toEqual([]);
		expect(supervised.supervision).toEqual(supervision);
	});
});
