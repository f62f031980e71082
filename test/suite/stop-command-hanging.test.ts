import { expect, test } from "vitest";
import { linesOf, scratch } from "../harness/scratch.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce } from "../harness/status.ts";

/** It takes ten seconds, so it has a file of its own, which is run once. */

const file = scratch();

test("a stop command that does not end is killed with what it started, and the bridge ends", async () => {
	const pids = file("pids");
	const bridge = await startBridge({
		servers: {
			hanging: fixture("faulty", ["ignore-eof", "ignore-term"], {
				stopTimeoutMs: 200,
				env: { PIDS: pids },
				stopCommand: [
					"sh",
					"-c",
					'sleep 600 & echo "$$ $!" > "$PIDS"; wait; true',
				],
			}),
		},
	});
	await callOnce(bridge, "hanging", "pid");
	// It throws where a process of the bridge is left.
	expect(await bridge.stop()).toEqual({ code: 0, signal: null });
	expect(linesOf(pids)).toHaveLength(1);
	expect(bridge.log.join("\n")).toContain("did not end within 10000 ms");
});
