import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, getJson, serverStatus } from "../harness/status.ts";

/** What an operator asks: what does not work, since when, why, when is it tried again, and does it work now? */

const file = scratch();
const time = expect.stringMatching(/^\d{4}-.*Z$/);

interface Probed {
	status: string;
	probe?: Record<string, unknown>;
	[member: string]: unknown;
}
async function probe(bridge: Bridge, server: string) {
	const url = `${bridge.url}/servers/${server}/health?probe=1`;
	const response = await fetch(url);
	return { http: response.status, ...((await response.json()) as Probed) };
}

describe("a server whose starts fail", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				traced: fixture("faulty", ["talk-on-start", "die-on-start", "1"]),
				listens: {
					command: "sh",
					args: ["-c", "echo Welcome; echo Listening on port 3000; sleep 60"],
					startTimeoutMs: 500,
				},
				retried: fixture("faulty", ["die-on-start", "4"], { warm: 1 }),
				changes: {
					command: "sh",
					args: ["-c", 'cat "$CAUSE" >&2; exit 1'],
					env: { CAUSE: file("cause") },
				},
				recovers: fixture("faulty", ["die-on-start", "4", "die-times", "2"], {
					env: { STATE_FILE: file("recovers") },
				}),
				invalid: { command: "x", concurrency: -1 },
			},
		});
	});

	test("is failed, with since when, how often, the error and not the end of its trace, and that the next request tries it", async () => {
		for (let times = 1; times <= 3; times++) {
			await callOnce(bridge, "traced", "pid");
			const status = await serverStatus(bridge, "traced");
			const told = {
				failures: times,
				cause: "Error: no database",
				nextTry: "with the next request",
			};
			expect(status).toMatchObject({
				state: "failed",
				since: status.failure?.firstFailureAt,
				...told,
				children: [],
				failure: { ...told, code: "CHILD_EXITED", lastFailureAt: time },
			});
			const health = await getJson(bridge, "/servers/traced/health");
			expect(health).toMatchObject({ state: "failed", ...told });
		}
		const { failure } = await serverStatus(bridge, "traced");
		expect(failure?.notBefore).toEqual(time);
		expect(failure?.lastFailureAt).not.toBe(failure?.firstFailureAt);
	});

	test("is failed for the last line on stdout where it speaks no JSON-RPC", async () => {
		await callOnce(bridge, "listens", "pid");
		expect(await serverStatus(bridge, "listens")).toMatchObject({
			state: "failed",
			cause: "Listening on port 3000",
		});
	});

	test("and is started again by itself has the time of the next start", async () => {
		await eventually(
			async () =>
				((await serverStatus(bridge, "retried")).failures ?? 0) >= 3 &&
				(await serverStatus(bridge, "retried")).shared?.state === "waiting",
			"it is not tried again",
		);
		expect(await serverStatus(bridge, "retried")).toMatchObject({
			state: "failed",
			nextTry: time,
		});
	});

	test("is in the log in full once, then as a line with a count; another cause is in full again", async () => {
		const lines = () =>
			bridge.log
				.filter((line) => line.includes('"server":"changes"'))
				.map((line) => JSON.parse(line))
				.filter(({ level }) => level === 40);
		const fail = async (cause: string) => {
			writeFileSync(file("cause"), `Error: ${cause}\nmore on stderr\n`);
			const before = lines().length;
			await callOnce(bridge, "changes", "pid");
			await eventually(() => lines().length > before, "nothing is logged");
		};
		await fail("no token 17");
		await fail("no token 18");
		await fail("no token 19");
		await fail("no network");
		const [first, second, third, other] = lines();
		const stderr = expect.arrayContaining(["more on stderr"]);
		expect(first).toMatchObject({ cause: "Error: no token 17", stderr });
		for (const [line, times] of [
			[second, 2],
			[third, 3],
		]) {
			expect(line).toMatchObject({ times, pid: expect.any(Number) });
			expect(line.msg).toMatch(`${times} times in a row`);
			expect(line.msg).toContain("tried again with the next request");
			expect(line).not.toHaveProperty("stderr");
			expect(line).not.toHaveProperty("errorLines");
		}
		expect(other).toMatchObject({ cause: "Error: no network", stderr });
		expect(other).not.toHaveProperty("times");
	});

	test("is well again, and says nothing of failures, once a start is good", async () => {
		await callOnce(bridge, "recovers", "pid");
		await callOnce(bridge, "recovers", "pid");
		expect((await serverStatus(bridge, "recovers")).failures).toBe(2);
		const probed = await probe(bridge, "recovers");
		expect(probed).toMatchObject({ http: 200, state: "ready" });
		expect(probed).not.toHaveProperty("cause");
		const status = await serverStatus(bridge, "recovers");
		expect(status).toMatchObject({ state: "ready", failures: 0 });
		expect(status).not.toHaveProperty("failure");
	});

	test("answers a probe with 503 and the reason, and so does one whose entry has a fault", async () => {
		expect(await probe(bridge, "traced")).toMatchObject({
			http: 503,
			status: "failed",
			cause: "Error: no database",
			probe: {
				status: "failed",
				code: "CHILD_EXITED",
				reason: expect.stringContaining("Error: no database"),
			},
		});
		expect(await probe(bridge, "invalid")).toMatchObject({
			http: 503,
			state: "failed",
			failures: 1,
			nextTry: "when its entry in the config is corrected",
			probe: {
				status: "failed",
				code: "CONFIG_INVALID",
				reason: expect.stringContaining("concurrency"),
			},
		});
	});
});

describe("a probe", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				held: fixture("faulty", ["slow-start", "2000"]),
				filtered: fixture("faulty", [], { tools: { allow: ["echo", "p*"] } }),
				sessions: fixture("faulty", [], { isolation: "session" }),
				modern: fixture("everything-modern", [], { protocol: "modern" }),
				hangs: fixture("faulty", ["silent"], { startTimeoutMs: 500 }),
			},
		});
	});

	test("starts the server and lists the tools that a client sees, and does not start it again", async () => {
		const first = await probe(bridge, "filtered");
		expect(first).toMatchObject({
			http: 200,
			status: "ok",
			state: "ready",
			probe: {
				status: "ok",
				at: time,
				startMs: expect.any(Number),
				listMs: expect.any(Number),
				tools: 2,
			},
		});
		await probe(bridge, "filtered");
		const { spawned, children, lastCallAt, queue } = await serverStatus(
			bridge,
			"filtered",
		);
		expect(spawned).toBe(1);
		expect(children).toMatchObject([
			{ pid: expect.any(Number), state: "ready", use: "shared" },
		]);
		expect(lastCallAt).toEqual(time);
		expect(queue).toEqual({ unanswered: 0, inFlight: 0, waiting: 0 });
	});

	test("of a server with a process per session ends its process again, and one of a modern server lists too", async () => {
		expect(await probe(bridge, "sessions")).toMatchObject({
			http: 200,
			probe: { tools: expect.any(Number) },
		});
		await eventually(
			async () => (await serverStatus(bridge, "sessions")).own.length === 0,
			"its process lives on",
		);
		const { probe: modern } = await probe(bridge, "modern");
		expect(modern?.tools).toBeGreaterThan(3);
	});

	test("is shared by all who ask while it runs", async () => {
		const all = Array.from({ length: 20 }, () => probe(bridge, "held"));
		const probed = await Promise.all(all);
		const results = probed.map(({ probe }) => JSON.stringify(probe));
		expect(new Set(results).size).toBe(1);
		expect(probed[0]).toMatchObject({ http: 200, status: "ok" });
		expect((await serverStatus(bridge, "held")).spawned).toBe(1);
	});

	test("of a server that never answers ends, and of all servers tells which do not work", async () => {
		expect(await probe(bridge, "hangs")).toMatchObject({
			http: 503,
			probe: { code: "START_TIMEOUT" },
		});
		const response = await fetch(`${bridge.url}/health/ready?probe=1`);
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({
			status: "ready",
			failed: [{ name: "hangs", code: "START_TIMEOUT" }],
			probes: expect.arrayContaining([
				expect.objectContaining({ name: "filtered", status: "ok", tools: 2 }),
				expect.objectContaining({ name: "hangs", status: "failed" }),
			]),
		});
	});

	test("is not made by a look that does not ask for one", async () => {
		const { spawned } = await serverStatus(bridge, "sessions");
		const health = await getJson(bridge, "/servers/sessions/health?probe=0");
		expect(health).not.toHaveProperty("probe");
		expect((await serverStatus(bridge, "sessions")).spawned).toBe(spawned);
	});

	test("sessions are counted by server", async () => {
		const client = await RawClient.connect(bridge, "filtered", "sse");
		const sessions = async (name: string) =>
			(await serverStatus(bridge, name)).sessions;
		expect(await sessions("filtered")).toEqual({ streamable: 0, sse: 1 });
		expect(await sessions("modern")).toEqual({ streamable: 0, sse: 0 });
		client.close();
	});
});
