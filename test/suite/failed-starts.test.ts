import { beforeAll, describe, expect, test } from "vitest";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import {
	callOnce,
	killChild,
	serverStatus,
	sharedPid,
	textOf,
} from "../harness/status.ts";

/** Children that could not be started as they were, and children with a short life: what is done about it, and what is said. */

const oldest = "2024-11-05";
const health = async (bridge: Bridge, server: string) => {
	const response = await fetch(`${bridge.url}/servers/${server}/health`);
	const body = (await response.json()) as Record<string, unknown>;
	return { http: response.status, ...body, reason: body.reason };
};

describe("a server that takes one revision only", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				named: fixture("faulty", ["only-revision", "2025-03-26"]),
				exits: fixture("faulty", ["exit-unless", oldest]),
				legacy: fixture("faulty", ["exit-unless", oldest], {
					protocol: "legacy",
				}),
				set: fixture("faulty", ["only-revision", oldest], { protocol: oldest }),
				wrong: fixture("faulty", ["only-revision", oldest], {
					protocol: "2025-06-18",
				}),
			},
		});
	});

	test.each([
		["named", "2025-03-26"],
		["exits", oldest],
		["legacy", oldest],
	])("%s: is opened once more in that, which /status tells, and costs no other start", async (name, revision) => {
		const client = await RawClient.connect(bridge, name, "streamable");
		const pid = Number(await client.text(1, "pid"));
		const status = await serverStatus(bridge, name);
		expect(status).toMatchObject({ era: "legacy", revision, spawned: 2 });
		expect(status).not.toHaveProperty("failure");
		expect(await bridge.waitForLog(`"revision":"${revision}"`)).toContain(
			"opened once more",
		);
		await killChild(bridge, name, pid);
		expect(Number(await client.text(2, "pid"))).not.toBe(pid);
		// Nor does a client with a child of its own, or a modern one.
		const own = await RawClient.connect(bridge, name, "sse", {
			capabilities: { sampling: {} },
		});
		await own.text(1, "pid");
		await new ModernClient(bridge, name).text("pid");
		expect((await serverStatus(bridge, name)).spawned).toBe(4);
		client.close();
		own.close();
	});

	test("is opened in the revision that its entry names, and in no other", async () => {
		textOf(await callOnce(bridge, "set", "pid"));
		expect(await serverStatus(bridge, "set")).toMatchObject({
			protocol: oldest,
			revision: oldest,
			spawned: 1,
		});
		const { error } = await callOnce(bridge, "wrong", "pid");
		expect(error?.message).toContain(
			`opened in revision 2025-06-18 and speaks ${oldest}: set "protocol" to "auto"`,
		);
		expect(error?.data).toMatchObject({ code: "INITIALIZE_REFUSED" });
		expect((await serverStatus(bridge, "wrong")).spawned).toBe(1);
	});
});

describe("a server with short lives", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				serves: fixture("faulty", ["exit-after-call"]),
				warm: fixture("faulty", ["exit-after-call"], { warm: 1 }),
				kills: fixture("faulty", ["die-on-call"]),
				crashes: fixture("faulty", ["exit-when-initialized"]),
			},
		});
	});
	/** Waits until the bridge knows that the child is gone, or another. */
	const gone = (name: string, pid: number | undefined) =>
		eventually(
			async () => (await sharedPid(bridge, name)) !== pid,
			`the process of ${name} lives on`,
		);

	test.each([
		"serves",
		"warm",
	])("%s: one that answers each call and exits is started for each, without a pause, and is well", async (name) => {
		for (let calls = 1; calls <= 12; calls++) {
			await callOnce(bridge, name, "calls");
			const pid = await sharedPid(bridge, name);
			expect(textOf(await callOnce(bridge, name, "echo"))).toBe("undefined");
			await gone(name, pid);
			const { state, shared } = await serverStatus(bridge, name);
			expect(["idle", "starting", "waiting", "ready"]).toContain(state);
			expect(shared?.failures).toBe(0);
			expect(shared?.lastExit).toBe("exited with code 0");
			expect(await health(bridge, name)).toMatchObject({ http: 200 });
		}
	});

	test("one that each call of a client kills is there for the others", async () => {
		for (let calls = 1; calls <= 12; calls++) {
			const { error } = await callOnce(bridge, "kills", "echo");
			expect(error?.message).toContain("dying on call");
			const { state, shared } = await serverStatus(bridge, "kills");
			expect(state).toBe("idle");
			expect(shared?.failures).toBeLessThan(2);
		}
		expect(textOf(await callOnce(bridge, "kills", "pid"))).toMatch(/^\d+$/);
		expect((await serverStatus(bridge, "kills")).spawned).toBe(13);
	});

	test("one that dies of its start, though it answers initialize, is started less and less often", async () => {
		for (let calls = 1; calls <= 4; calls++) {
			const { error } = await callOnce(bridge, "crashes", "echo");
			expect(error?.message).toContain("exited with code 4");
		}
		const { spawned, shared } = await serverStatus(bridge, "crashes");
		expect(shared?.failures).toBeGreaterThanOrEqual(4);
		expect(spawned).toBe(shared?.failures);
	});
});

describe("a start that fails", () => {
	const bad = (args: string[], more = {}) => fixture("faulty", args, more);
	const silent = ["talk-on-start", "silent"];
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				dies: bad(["talk-on-start", "die-on-start", "1"]),
				waits: bad(silent, { startTimeoutMs: 1000 }),
				refuses: bad(["talk-on-start", "refuse-initialize"]),
				words: { command: "npx -y foo", startTimeoutMs: 1000 },
				stayed: bad(["die-on-start", "1"], { env: { DATA: "~/data" } }),
			},
		});
	});

	test.each([
		["dies", "CHILD_EXITED"],
		["waits", "START_TIMEOUT"],
		["refuses", "INITIALIZE_REFUSED"],
	])("%s: is told with the error on stderr, not the end of its trace, and with what stood on stdout", async (name, code) => {
		const errorLines = expect.arrayContaining([
			"Error: no database",
			"the last line",
		]);
		const stdout = ["Welcome", "Listening on port 3000"];
		const { error } = await callOnce(bridge, name, "pid");
		expect(error?.message).toContain(
			"; on stderr it says: Error: no database | the last line",
		);
		expect(error?.message).toContain(
			"no MCP messages: Welcome | Listening on port 3000",
		);
		const told = { code, errorLines, stdout };
		expect(error?.data).toMatchObject(told);
		expect(await health(bridge, name)).toMatchObject({ http: 503, ...told });
		const { failure } = await serverStatus(bridge, name);
		expect(failure).toMatchObject(told);
		const line = await bridge.waitForLog(
			new RegExp(`"server":"${name}".*"code":"${code}"`),
		);
		expect(JSON.parse(line)).toMatchObject(told);
	});

	test.each([
		["words", 'set it to "npx" and put the other words into "args"'],
		["stayed", '"~" in "env"."DATA" stays as it is'],
	])("%s: is told with what may be wrong about its command", async (name, hint) => {
		const { error } = await callOnce(bridge, name, "pid");
		expect(error?.message).toContain(hint);
		const { reason } = await health(bridge, name);
		expect(reason).toContain(hint);
	});
});
