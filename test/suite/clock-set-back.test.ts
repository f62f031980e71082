import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { eventually, waitUntilGone } from "../harness/processes.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, serverStatus, textOf } from "../harness/status.ts";

/** A wall clock that is set back by an hour keeps nobody waiting for an hour. */

const file = scratch();
const setBack = (clock: string) => writeFileSync(clock, "");
const withClock = (clock: string) => ({
	preload: "clock-set-back.mjs",
	env: { CLOCK_FILE: clock },
});

test("in the pause after a failure: the next start comes when the pause is over", async () => {
	const clock = file("clock in a pause");
	const bridge = await startBridge(
		{
			servers: {
				one: fixture("faulty", ["die-on-start", "9", "die-times", "2"], {
					env: { STATE_FILE: file("deaths") },
				}),
			},
		},
		withClock(clock),
	);
	for (const failures of [1, 2]) {
		const { error } = await callOnce(bridge, "one", "echo");
		expect(error?.message).toContain("exited with code 9");
		const { shared } = await serverStatus(bridge, "one");
		expect(shared?.failures).toBe(failures);
	}
	const hourAgo = Date.now() - 3_000_000;
	setBack(clock);
	expect((await callOnce(bridge, "one", "pid")).error).toBeUndefined();
	const { shared, since } = await serverStatus(bridge, "one");
	expect(shared).toMatchObject({ state: "ready", failures: 0 });
	// The clock that the bridge shows is the one that was set.
	expect(Date.parse(since)).toBeLessThan(hourAgo);
});

test("while a child is stopped: one that wants to stay is killed in time, and the bridge ends", async () => {
	const clock = file("clock at the end");
	const ends = file("ends");
	const bridge = await startBridge(
		{
			servers: {
				stubborn: fixture("faulty", ["ignore-eof", "ignore-term"], {
					stopTimeoutMs: 1000,
					env: { ENDS_FILE: ends },
				}),
			},
		},
		withClock(clock),
	);
	const pid = Number(textOf(await callOnce(bridge, "stubborn", "pid")));
	const ended = bridge.stop();
	await eventually(
		() => linesOf(ends).some((line) => line.endsWith(" SIGTERM")),
		"it was not told to end",
	);
	setBack(clock);
	expect(await ended).toEqual({ code: 0, signal: null });
	await waitUntilGone([pid]);
});
