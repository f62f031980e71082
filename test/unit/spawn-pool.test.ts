import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { settle } from "../harness/fake-wire.ts";
import { pooled } from "../harness/pooled.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const asks = { elicitation: {} };
const declares = (name: string) => ({ [`com.example/${name}`]: {} });

describe("a child that nobody is on", () => {
	test.each<[whose: string, isolation: "auto" | "session", ms: number]>([
		["of clients that cannot be told apart", "auto", 60_000],
		["of one who is known, with its state", "session", 3_600_000],
	])("%s is ended when it has been idle for long enough", (_whose, isolation, ms) => {
		const { connect, pool } = pooled({ isolation });
		const { backend, peer } = connect(asks, "me");
		peer.close();
		vi.advanceTimersByTime(ms - 1);
		expect(backend.done).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(backend.done).toEqual(["stop 0"]);
		// It counts until its process has gone, and nobody comes to it any more.
		expect(pool.of("client")).toHaveLength(1);
		expect(connect(asks, "me").backend).not.toBe(backend);
	});

	test("of one client alone is ended at once", () => {
		const { backend, peer } = pooled().connect(asks, "me", "legacy");
		peer.close();
		expect(backend.done).toEqual(["stop 0"]);
	});

	test("is forgotten when its process has gone", async () => {
		const { connect, pool } = pooled();
		const { backend, peer } = connect(asks, "me", "legacy");
		peer.close();
		expect(pool.of("own")).toHaveLength(1);
		backend.exit();
		await settle();
		expect(pool.of("own")).toEqual([]);
	});

	test("is not ended where somebody has come back, however long that takes, or another is still on it", () => {
		const { connect, pool } = pooled();
		const first = connect(asks);
		const second = connect(asks);
		expect(second.entry).toBe(first.entry);
		first.backend.ready();
		// Twice is once.
		first.peer.close();
		first.peer.close();
		vi.advanceTimersByTime(100 * 60_000);
		expect(pool.endIdle()).toBe(false);
		second.peer.close();
		vi.advanceTimersByTime(30_000);
		const third = connect(asks);
		vi.advanceTimersByTime(100 * 60_000);
		expect(first.backend.done).toEqual([]);
		third.peer.close();
		vi.advanceTimersByTime(60_000);
		expect(first.backend.done).toEqual(["stop 0"]);
	});
});

describe("to make room", () => {
	test("the child that has been idle for the longest gives way, and none that is used", () => {
		const { connect, pool } = pooled();
		const [one, two, used] = ["a", "b", "c"].map((name) => connect(asks, name));
		const all = [one, two, used];
		for (const each of all) each?.backend.ready();
		two?.peer.close();
		vi.advanceTimersByTime(1);
		one?.peer.close();
		expect(pool.endIdle()).toBe(true);
		expect(pool.endIdle()).toBe(true);
		expect(pool.endIdle()).toBe(false);
		expect(all.map((each) => each?.backend.done)).toEqual([
			["stop 0"],
			["stop 0"],
			[],
		]);
		const [first] = pool.of("client").filter(({ isLeaving }) => isLeaving);
		expect(first?.backend).toBe(one?.entry.backend);
	});

	test("a set of capabilities has its process ended, and is kept for what that has said", () => {
		const { connect, pool } = pooled();
		const { backend, peer } = connect(declares("x"));
		backend.ready();
		peer.close();
		expect(pool.endIdle()).toBe(true);
		expect(backend.done).toEqual(["restart 0"]);
		expect(connect(declares("x")).backend).toBe(backend);
	});

	test("nobody's plain child is ended", () => {
		const { pool } = pooled();
		expect(pool.endIdle()).toBe(false);
	});
});

describe("clients that declare the same", () => {
	test("share a child, those that declare something else have another one, and those that declare nothing the plain one", () => {
		const { backends, connect, pool } = pooled();
		const [x, alike, y, none] = [
			declares("x"),
			declares("x"),
			declares("y"),
			{},
		].map((capabilities) => connect(capabilities));
		expect(alike?.entry).toBe(x?.entry);
		expect(y?.entry).not.toBe(x?.entry);
		expect(none?.entry).toBe(pool.plain);
		expect(backends()).toHaveLength(2);
		expect(pool.sets.map(({ placement }) => placement.client)).toEqual([
			{ capabilities: declares("x") },
			{ capabilities: declares("y") },
		]);
	});

	test("are on the plain child where there are too many sets, which is counted, and one that is stopped and unused gives way", () => {
		const { connect, limits, pool } = pooled({ maxCapabilitySets: 1 });
		const x = connect(declares("x"));
		x.backend.ready();
		expect(connect(declares("y")).entry).toBe(pool.plain);
		expect(limits).toEqual(["maxCapabilitySets"]);
		x.peer.close();
		expect(connect(declares("y")).entry).toBe(pool.plain);
		x.backend.exit();
		const y = connect(declares("y"));
		expect(y.entry).not.toBe(pool.plain);
		expect(x.backend.done).toEqual(["stop 0"]);
		expect(limits).toHaveLength(2);
	});

	test("leave the last process to the plain child", () => {
		const { connect, pool } = pooled({ maxChildren: 2 });
		connect(declares("x")).backend.ready();
		expect(connect(declares("y")).entry).toBe(pool.plain);
		expect(connect(declares("x")).entry).not.toBe(pool.plain);
	});

	test("are on the plain child where what they declare is too long to be kept", () => {
		const { connect, pool } = pooled();
		const long = (length: number) => declares("x".repeat(length));
		expect(connect(long(5000)).entry).toBe(pool.plain);
		expect(connect(long(3000)).entry).not.toBe(pool.plain);
	});
});

test.each<[use: string, capabilities: object, role: object, idleMs?: number]>([
	["shared", {}, { shared: true, remembers: true }],
	["set", declares("x"), { shared: true, remembers: true }, 60_000],
	["client", asks, { shared: false, remembers: false }],
])("a child that is %s is opened as %j: its role is %j", (_use, capabilities, role, idleMs) => {
	const { connect } = pooled({ warm: 1 });
	const { backend, peer } = connect({ ...capabilities });
	expect(backend.role).toMatchObject(role);
	expect(backend.role.keepUp()).toBe(
		backend.placement.use === "shared" && !idleMs,
	);
	// One that somebody is on is kept.
	if (idleMs) expect(backend.role.idleTimeoutMs?.()).toBe(0);
	peer.close();
	expect(backend.role.idleTimeoutMs?.()).toBe(idleMs);
});

test("a modern client of a server that speaks both eras is on its modern child, which is kept up as the plain one is", () => {
	const { connect, pool, config } = pooled({ protocol: "dual", warm: 1 });
	const { entry, backend } = connect(asks);
	expect(entry).toBe(pool.plainModern);
	expect(backend.role).toMatchObject({ shared: true, remembers: true });
	expect(backend.role.keepUp()).toBe(true);
	config.protocol = "auto";
	expect(backend.role.keepUp()).toBe(false);
});

test("when it stops all children are ended with the time they have, and whatever comes later at once", async () => {
	const { backends, connect, pool } = pooled();
	const idle = connect(asks);
	idle.peer.close();
	void pool.stop(500);
	vi.advanceTimersByTime(60_000);
	connect(asks, "me", "legacy");
	expect(backends().map(({ done }) => done)).toEqual([
		["stop 500"],
		["stop 0"],
	]);
	expect(pool.plain.backend).toHaveProperty("done", ["stop 500"]);
	// No set of capabilities is opened any more.
	expect(connect(declares("x")).entry).toBe(pool.plain);
});
