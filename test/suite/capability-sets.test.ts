import { rmSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { connect, type Json } from "../harness/clients.ts";
import { limitReached } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually, isRunning, waitUntilGone } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import { recorded, recordedOf, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	fixture,
	type ServerInput,
	startBridge,
} from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";

/** Clients that the server has nothing to ask, and that declare something: who shares a child with whom. */

const file = scratch();
const apps = {
	extensions: {
		"io.modelcontextprotocol/ui": {
			mimeTypes: ["text/html;profile=mcp-app"],
			later: true,
		},
	},
};
/** The same, and the other way round. */
const appsOtherwise = {
	extensions: {
		"io.modelcontextprotocol/ui": {
			later: true,
			mimeTypes: ["text/html;profile=mcp-app"],
		},
	},
};
const experiment = { experimental: { "example.com/a": {} } };
const legacy = (name: string, more: Json = {}) =>
	recording("legacy-raw", file(name), more);

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			auto: legacy("auto"),
			shared: legacy("shared", { isolation: "shared" }),
			modern: recording("modern-raw", file("modern"), { protocol: "modern" }),
			turned: recording("modern-raw", file("turned")),
			few: legacy("few", { maxCapabilitySets: 1 }),
			one: legacy("one", { maxChildren: 1 }),
			none: legacy("none", { maxCapabilitySets: 0 }),
		},
	});
});

/** The process that serves a legacy client with these capabilities. */
async function processOf(
	server: string,
	capabilities: Json,
): Promise<{ client: RawClient; pid: number }> {
	const client = await RawClient.connect(bridge, server, "sse", {
		capabilities,
	});
	return { client, pid: Number(await client.text("pid", "pid")) };
}
/** The same for a client of revision 2026-07-28. */
const processOfModern = async (server: string, capabilities: Json) =>
	Number(await new ModernClient(bridge, server, { capabilities }).text("pid"));
/** The capabilities that a process was opened with. */
const openedWith = (name: string, pid: number) =>
	recorded(file(name)).find(
		({ message, ...of }) => of.pid === pid && message.method === "initialize",
	)?.message.params?.capabilities;

test("clients of both eras that declare the same share a child, which is opened with just that, and others do not", async () => {
	const plain = await processOf("auto", {});
	const first = await processOf("auto", apps);
	const second = await processOf("auto", appsOtherwise);
	const other = await processOf("auto", experiment);
	const sdk = await connect(bridge, "auto", { capabilities: experiment });

	expect(second.pid).toBe(first.pid);
	expect(Number(await sdk.text("pid"))).toBe(other.pid);
	expect(await processOfModern("auto", appsOtherwise)).toBe(first.pid);
	expect(await processOfModern("auto", experiment)).toBe(other.pid);
	expect(await processOfModern("auto", { extensions: {} })).toBe(plain.pid);
	const pids = [plain.pid, first.pid, other.pid];
	expect(new Set(pids).size).toBe(3);
	expect(pids.map((pid) => openedWith("auto", pid))).toEqual([
		{},
		apps,
		experiment,
	]);
	expect(await serverStatus(bridge, "auto")).toMatchObject({
		shared: { pid: plain.pid },
		sharedByCapabilities: [
			{ capabilities: apps, pid: first.pid, state: "ready" },
			{ capabilities: experiment, pid: other.pid, state: "ready" },
		],
		own: [],
	});

	// What belongs to nobody in particular stays on its own child.
	await first.client.text("change", "change", { list: "tools" });
	const isChange = ({ method }: { method?: string }) =>
		method === "notifications/tools/list_changed";
	await Promise.all([
		first.client.waitFor(isChange),
		second.client.waitFor(isChange),
	]);
	await other.client.text("own", "change", { list: "prompts" });
	await other.client.waitFor(
		({ method }) => method === "notifications/prompts/list_changed",
	);
	expect(other.client.received.filter(isChange)).toEqual([]);
});

test("with isolation 'shared' all are on the one child, and it is told nothing", async () => {
	const plain = await processOf("shared", {});
	expect((await processOf("shared", apps)).pid).toBe(plain.pid);
	expect(await processOfModern("shared", experiment)).toBe(plain.pid);
	expect(openedWith("shared", plain.pid)).toEqual({});
	expect((await serverStatus(bridge, "shared")).sharedByCapabilities).toEqual(
		[],
	);
});

test("a server of revision 2026-07-28 has one child for all, and is told with each request what its client declares", async () => {
	const server = "modern";
	const first = await processOf(server, apps);
	expect((await processOf(server, {})).pid).toBe(first.pid);
	expect(await processOfModern(server, experiment)).toBe(first.pid);
	expect((await serverStatus(bridge, server)).shared?.pid).toBe(first.pid);
	expect(declaredTo(server)).toEqual([apps, {}, experiment]);
});

test("one that turns out to be so has one for all who come after the first", async () => {
	const server = "turned";
	await processOf(server, apps);
	const second = await processOf(server, experiment);
	expect((await processOf(server, {})).pid).toBe(second.pid);
	expect(await processOfModern(server, apps)).toBe(second.pid);
	expect((await serverStatus(bridge, server)).shared?.pid).toBe(second.pid);
	expect(declaredTo(server)).toEqual([apps, experiment, {}, apps]);
});

/** What the clients that called a tool of a server had declared, as it was told. */
function declaredTo(server: string): unknown[] {
	return recordedOf(file(server), "tools/call").map(
		({ params }) =>
			(params?._meta as Json)["io.modelcontextprotocol/clientCapabilities"],
	);
}

describe("a client for whose capabilities there may be no child more", () => {
	test.each([
		["few", "maxCapabilitySets is reached", [apps]],
		["one", "there may be no process besides the plain one", []],
		["none", "maxCapabilitySets is 0", []],
	])("is on the plain one of %s, since %s, and is counted", async (server, _why, before) => {
		const others = await Promise.all(
			before.map((capabilities) => processOf(server, capabilities)),
		);
		const declares = await processOf(server, experiment);
		const plain = await processOf(server, {});
		expect(declares.pid).toBe(plain.pid);
		expect(openedWith(server, plain.pid)).toEqual({});
		expect(others.map(({ pid }) => pid)).not.toContain(plain.pid);
		expect(await limitReached(bridge, "maxCapabilitySets", server)).toBe(1);
	});

	test("is also one that declares more than can be shown", async () => {
		const long = { experimental: { long: { text: "x".repeat(5000) } } };
		const plain = await processOf("auto", {});
		expect(await processOfModern("auto", long)).toBe(plain.pid);
	});
});

describe("a child of what some clients declare", () => {
	const entry = (name: string, more: Json = {}): ServerInput =>
		fixture("changeable", [], {
			env: {
				LISTS_FILE: file(`${name} lists`),
				STARTS_FILE: file(`${name} starts`),
				HOLD_FILE: file(`${name} hold`),
			},
			...more,
		});
	const setOf = async (of: Bridge, name: string) =>
		(await serverStatus(of, name)).sharedByCapabilities[0];
	const isAsleep = (of: Bridge, name: string) =>
		eventually(
			async () => (await setOf(of, name))?.state === "idle",
			"it is not stopped",
		);

	test("is stopped when nobody needs it, and what it said is served while it starts again", async () => {
		writeFileSync(file("sleepy lists"), '{"tools":["a"]}');
		const own = await startBridge({
			servers: { sleepy: entry("sleepy", { idleTimeoutMs: 150 }) },
		});
		const capabilities = apps;
		const list = { jsonrpc: "2.0" as const, id: 1, method: "tools/list" };
		const first = await RawClient.connect(own, "sleepy", "sse", {
			capabilities,
		});
		await first.request(list);
		await isAsleep(own, "sleepy");
		writeFileSync(file("sleepy hold"), "");
		const second = await RawClient.connect(own, "sleepy", "sse", {
			capabilities,
		});
		expect((await second.request(list)).result?.tools).toHaveLength(1);
		expect((await setOf(own, "sleepy"))?.state).toBe("starting");
		rmSync(file("sleepy hold"));
		await own.stop();
	});

	test("is stopped also where idleTimeoutMs is 0, but not while a session is on it, and gives way to another then", async () => {
		writeFileSync(file("kept lists"), '{"tools":["a"]}');
		// As many ms as with real timers.
		const startTimeoutMs = 50 * 30_000;
		const own = await startBridge(
			{
				servers: {
					kept: entry("kept", { maxCapabilitySets: 1, startTimeoutMs }),
					clock: entry("kept", { startTimeoutMs }),
				},
			},
			{ preload: "fast-timers.mjs" },
		);
		const open = (server: string, capabilities: Json) =>
			RawClient.connect(own, server, "sse", { capabilities });
		const staying = await open("kept", apps);
		const pid = Number(await staying.text("first", "a"));
		const passing = await open("kept", apps);
		expect(Number(await passing.text("same", "a"))).toBe(pid);
		passing.close();

		// One whose session ends later is stopped, and it would have been before.
		const other = await open("clock", apps);
		const clock = Number(await other.text("tick", "a"));
		other.close();
		await waitUntilGone([clock]);
		expect(isRunning(pid)).toBe(true);
		const refused = await open("kept", experiment);
		expect(Number(await refused.text("plain", "a"))).not.toBe(pid);
		expect(await setOf(own, "kept")).toMatchObject({ pid, clients: 1 });

		staying.close();
		await waitUntilGone([pid]);
		await isAsleep(own, "kept");
		const next = await open("kept", experiment);
		const taken = Number(await next.text("other", "a"));
		expect(await setOf(own, "kept")).toMatchObject({
			pid: taken,
			capabilities: experiment,
		});
		await own.stop();
	});
});
