import { beforeAll, describe, expect, test } from "vitest";
import { eventually, waitUntilGone } from "../harness/processes.ts";
import { openSse, RawClient } from "../harness/raw-http.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import {
	callOnce,
	getJson,
	serverStatus,
	sharedPid,
	textOf,
} from "../harness/status.ts";

/** What the bridge says of itself and its servers to who operates it. */

const file = scratch();
const patient = { timeout: 15_000 };

async function health(bridge: Bridge, server: string) {
	const response = await fetch(`${bridge.url}/servers/${server}/health`);
	return { status: response.status, body: await response.json() };
}
async function readiness(bridge: Bridge) {
	const response = await fetch(`${bridge.url}/health/ready`);
	return { status: response.status, body: await response.json() };
}

describe("a bridge with good and bad servers", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				good: fixture("faulty"),
				bad: { command: "no-such-command" },
				recovers: fixture("faulty", ["die-on-start", "4", "die-times", "1"], {
					env: { STATE_FILE: file("recovers") },
				}),
				dies: fixture("faulty", ["die-on-call", "die-times", "1"], {
					env: { STATE_FILE: file("dies") },
				}),
				off: { command: "no-such-command", enabled: false },
			},
		});
	});

	test("lives", async () => {
		const response = await fetch(`${bridge.url}/health/live`);
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({ status: "ok" });
	});

	test("is ready before anything was started, and each server is well", async () => {
		expect(await readiness(bridge)).toEqual({
			status: 200,
			body: { status: "ready", failed: [] },
		});
		for (const name of ["good", "bad", "recovers"])
			expect(await health(bridge, name)).toMatchObject({
				status: 200,
				body: { status: "ok", state: "idle", name },
			});
	});

	test("says why a start failed with 503, and is ready all the same; it names the server", async () => {
		await callOnce(bridge, "bad", "pid");
		const reason = expect.stringContaining(
			'command "no-such-command" not found on PATH',
		);
		expect(await health(bridge, "bad")).toMatchObject({
			status: 503,
			body: {
				status: "failed",
				name: "bad",
				code: "COMMAND_NOT_FOUND",
				reason,
			},
		});
		expect(await readiness(bridge)).toMatchObject({
			status: 200,
			body: {
				status: "ready",
				failed: [{ name: "bad", code: "COMMAND_NOT_FOUND", reason }],
			},
		});
		expect(await health(bridge, "good")).toMatchObject({ status: 200 });
	});

	test("is 200 for a server again once a start was good", async () => {
		expect((await callOnce(bridge, "recovers", "pid")).error).toBeDefined();
		expect(await health(bridge, "recovers")).toMatchObject({
			status: 503,
			body: {
				reason: expect.stringContaining("exited with code 4"),
				stderr: expect.arrayContaining(["the third line on stderr"]),
			},
		});
		await callOnce(bridge, "recovers", "pid");
		const well = await health(bridge, "recovers");
		expect(well).toMatchObject({
			status: 200,
			body: { status: "ok", state: "ready" },
		});
		expect(well.body).not.toHaveProperty("reason");
	});

	test("is 503 for a server whose child has died, until another is ready", async () => {
		await callOnce(bridge, "dies", "echo");
		expect(await health(bridge, "dies")).toMatchObject({
			status: 503,
			body: { code: "CHILD_EXITED", stderr: ["dying on call"] },
		});
		expect(textOf(await callOnce(bridge, "dies", "echo"))).toBe("undefined");
		expect((await health(bridge, "dies")).status).toBe(200);
	});

	test("is a JSON 404 for a server that is unknown, or off", async () => {
		for (const name of ["nobody", "off"])
			expect(await health(bridge, name)).toMatchObject({
				status: 404,
				body: { error: { message: expect.stringContaining(name) } },
			});
	});

	test("is looked at without starting anything", async () => {
		const { spawned } = await serverStatus(bridge, "good");
		for (const path of ["/health/live", "/health/ready", "/status"])
			await getJson(bridge, path);
		await health(bridge, "good");
		expect(await serverStatus(bridge, "good")).toMatchObject({ spawned });
	});

	test("/status has the fields that dashboards of sparfenyuk/mcp-proxy look at", async () => {
		const before = await getJson(bridge, "/status");
		expect(Object.keys(before.server_instances as object).sort()).toEqual([
			"bad",
			"dies",
			"good",
			"recovers",
		]);
		expect(before.server_instances).toMatchObject({ good: "configured" });
		const last = before.api_last_activity as string;
		expect(new Date(last).toISOString()).toBe(last);
		// A look at /status is no activity, a request to a server is.
		expect((await getJson(bridge, "/status")).api_last_activity).toBe(last);
		await eventually(async () => {
			await callOnce(bridge, "good", "pid");
			return (await getJson(bridge, "/status")).api_last_activity !== last;
		}, "a request to a server is no activity");
	});

	test("/status counts sessions, streams, clients and what is in flight", async () => {
		const sessions = async () =>
			(await getJson(bridge, "/status")).sessions as Record<string, number>;
		const before = await sessions();
		const sse = await RawClient.connect(bridge, "good", "sse");
		const streamable = await RawClient.connect(bridge, "good", "streamable", {
			listen: true,
		});
		expect(await sessions()).toMatchObject({
			streamable: (before.streamable ?? 0) + 1,
			sse: (before.sse ?? 0) + 1,
		});
		expect(await getJson(bridge, "/status")).toMatchObject({
			status: "running",
			openStreams: 2,
		});
		expect(await serverStatus(bridge, "good")).toMatchObject({
			name: "good",
			state: "ready",
			isolation: "auto",
			spawned: 1,
			shared: {
				pid: Number(await sse.text(1, "pid")),
				clients: 2,
				inFlight: 0,
				waiting: 0,
				failures: 0,
			},
			own: [],
		});
		sse.close();
		await fetch(streamable.endpoint, {
			method: "DELETE",
			headers: streamable.headers,
		});
		await expect.poll(sessions, patient).toEqual(before);
		await expect
			.poll(async () => (await getJson(bridge, "/status")).openStreams, patient)
			.toBe(0);
		expect((await serverStatus(bridge, "good")).shared).toMatchObject({
			clients: 0,
		});
	});
});

describe("a bridge none of whose servers can start", () => {
	test("is not ready, until one can; it lives all the while", async () => {
		const bridge = await startBridge({
			servers: {
				missing: { command: "no-such-command" },
				recovers: fixture("faulty", ["die-on-start", "4", "die-times", "1"], {
					env: { STATE_FILE: file("only") },
				}),
			},
		});
		await callOnce(bridge, "missing", "pid");
		expect((await readiness(bridge)).status).toBe(200);
		await callOnce(bridge, "recovers", "pid");
		const { status, body } = await readiness(bridge);
		expect(status).toBe(503);
		expect(body).toMatchObject({
			status: "failed",
			failed: [{ name: "missing" }, { name: "recovers" }],
		});
		expect((await fetch(`${bridge.url}/health/live`)).status).toBe(200);
		await callOnce(bridge, "recovers", "pid");
		expect((await readiness(bridge)).status).toBe(200);
		await bridge.stop();
	});
});

describe("a warm server", () => {
	test("is failed without any request where it cannot start, and well again by itself", async () => {
		const bridge = await startBridge({
			servers: {
				recovers: fixture("faulty", ["die-on-start", "4", "die-times", "2"], {
					warm: 1,
					env: { STATE_FILE: file("warm") },
				}),
			},
		});
		await bridge.waitForLog("exited with code 4");
		await eventually(
			async () =>
				(await health(bridge, "recovers")).status === 200 &&
				sharedPid(bridge, "recovers"),
			"it never came up",
		);
		const pid = Number(await sharedPid(bridge, "recovers"));
		// One that dies is replaced without being asked for, too.
		process.kill(pid, "SIGKILL");
		await waitUntilGone([pid]);
		await eventually(async () => {
			const { state, shared } = await serverStatus(bridge, "recovers");
			return state === "ready" && shared?.pid !== pid;
		}, "it was not replaced");
		await bridge.stop();
	});
});

test("with a base path all of it is below that", async () => {
	const bridge = await startBridge({
		servers: { good: fixture("faulty") },
		basePath: "/base",
	});
	for (const path of [
		"/health/live",
		"/health/ready",
		"/status",
		"/servers/good/health",
	]) {
		expect((await fetch(`${bridge.url}/base${path}`)).status).toBe(200);
		expect((await fetch(bridge.url + path)).status).toBe(404);
	}
	const stream = await openSse(`${bridge.url}/base/servers/good/sse`);
	const { data } = await stream.event(({ event }) => event === "endpoint");
	expect(data).toMatch(/^\/base\/servers\/good\/messages\?/);
	stream.close();
	await bridge.stop();
});
