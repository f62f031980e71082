import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Lease } from "../../src/protocol/eras/lease.ts";
import type { Backend, Up } from "../../src/spawn/backend.ts";
import { LeasePool } from "../../src/spawn/lease-pool.ts";
import { ScriptedPeer } from "../harness/scripted-peer.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const idleMs = 60_000;
const client = { principal: "anonymous", capabilities: { elicitation: {} } };

/** A pool whose children the test plays. */
function start() {
	const closed: Backend[] = [];
	const restarts: number[] = [];
	const ups: ((up: Up) => void)[] = [];
	const children: Backend[] = [];
	const pool = new LeasePool({
		open() {
			const backend = {
				connect: () => new ScriptedPeer(),
				hasProcess: true,
				isReady: true,
				starts: 1,
				warm() {},
				restart: async (drainMs: number) => {
					restarts.push(drainMs);
				},
				whenUp: (use: (up: Up) => void) => ups.push(use),
			} as unknown as Backend;
			children.push(backend);
			return backend;
		},
		close: (backend) => closed.push(backend),
		idleMs: () => idleMs,
		dropped() {},
		keepsState: () => false,
	});
	const lease = () => {
		const leases: Lease[] = [];
		pool.take(client, (taken) => leases.push(taken));
		return leases[0] as Lease;
	};
	return { pool, children, closed, restarts, ups, lease };
}

test("a child that nobody uses is ended when it has been idle for long enough", () => {
	const { pool, children, closed } = start();
	pool.connect(client).close();
	vi.advanceTimersByTime(idleMs - 1);
	expect(closed).toEqual([]);
	vi.advanceTimersByTime(1);
	expect(closed).toEqual(children);
});

test("a child that somebody has come back to is not, however long that takes", () => {
	const { pool, closed } = start();
	pool.connect(client).close();
	vi.advanceTimersByTime(idleMs / 2);
	const peer = pool.connect(client);
	vi.advanceTimersByTime(10 * idleMs);
	expect(closed).toEqual([]);
	expect(pool.endIdle()).toBe(false);
	peer.close();
	vi.advanceTimersByTime(idleMs);
	expect(closed).toHaveLength(1);
});

test("nor is one that is starting for somebody, whether by the time or to make room", () => {
	const { pool, closed, ups } = start();
	const heard: Up[] = [];
	pool.whenUp(client, (up) => heard.push(up));
	vi.advanceTimersByTime(10 * idleMs);
	expect(pool.endIdle()).toBe(false);
	expect(closed).toEqual([]);
	ups[0]?.({ era: "legacy" });
	expect(heard).toEqual([{ era: "legacy" }]);
	expect(pool.endIdle()).toBe(true);
	expect(closed).toHaveLength(1);
});

test("a lease is of a fresh process when the one before has told the child something, also while that is still there", () => {
	const { lease, restarts } = start();
	const first = lease();
	expect(first.isFresh).toBe(true);
	first.release(false, []);
	const second = lease();
	expect(second.isFresh).toBe(false);
	second.release(true, []);
	// What others have in flight on it has some time.
	expect(restarts).toEqual([10_000]);
	expect(lease().isFresh).toBe(true);
});
