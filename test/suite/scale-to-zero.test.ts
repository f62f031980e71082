import { rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually, isRunning } from "../harness/processes.ts";
import {
	initializeRequest,
	type Message,
	messagesOf,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, serverStatus, sharedPid } from "../harness/status.ts";

/** A server that nobody needs is stopped, and what it said is served while it starts again. */

const file = scratch();
const changed = "notifications/tools/list_changed";
const isChange = ({ method }: Message) => method === changed;
let bridge: Bridge;
let at = "";
let run = 0;

const entry = (lists: string) =>
	fixture("changeable", [], {
		idleTimeoutMs: 150,
		env: {
			LISTS_FILE: lists,
			STARTS_FILE: `${at} starts`,
			HOLD_FILE: `${at} hold`,
		},
	});
const write = (tools: string[], lists = `${at} lists`) =>
	writeFileSync(lists, JSON.stringify({ tools }));
const hold = () => writeFileSync(`${at} hold`, "");
const letGo = () => rmSync(`${at} hold`, { force: true });
const starts = () => linesOf(`${at} starts`).length;
const isAsleep = () =>
	eventually(
		async () => (await serverStatus(bridge, "one")).state === "idle",
		"it is not stopped",
	);

beforeEach(async () => {
	at = file(`run ${++run}`);
	write(["a", "b", "c"]);
	bridge = await startBridge({ servers: { one: entry(`${at} lists`) } });
});
afterEach(async () => {
	letGo();
	await bridge.stop();
});

/** All tools' names, page by page, without any session. */
async function listOnce(): Promise<unknown[]> {
	const names: unknown[] = [];
	let cursor: unknown;
	do {
		const response = await post(`${bridge.url}/servers/one/mcp`, {
			jsonrpc: "2.0",
			id: 1,
			method: "tools/list",
			params: cursor === undefined ? {} : { cursor },
		});
		const [message] = await messagesOf(response);
		if (!message?.result) throw new Error(JSON.stringify(message));
		const { tools, nextCursor } = message.result;
		names.push(...(tools as { name: string }[]).map(({ name }) => name));
		cursor = nextCursor;
	} while (cursor !== undefined);
	return names;
}

describe("a server that was stopped since nobody needs it", () => {
	test.each([
		"sse",
		"streamable",
	] as const)("answers initialize and lists at once while it starts, and a call when it has, over %s", async (transport) => {
		expect(await listOnce()).toEqual(["a", "b", "c"]);
		await isAsleep();
		const before = starts();
		hold();
		const client = await RawClient.connect(bridge, "one", transport);
		const { result } = await client.request({
			jsonrpc: "2.0",
			id: 1,
			method: "tools/list",
		});
		expect(result?.tools).toHaveLength(2);
		expect(await listOnce()).toEqual(["a", "b", "c"]);
		await client.send(callMessage("call", "a"));
		await eventually(
			async () => (await serverStatus(bridge, "one")).shared?.waiting === 1,
			"the call does not wait",
		);
		expect((await serverStatus(bridge, "one")).state).toBe("starting");
		letGo();
		expect((await client.answer("call")).result).toBeDefined();
		expect(starts()).toBe(before + 1);
		client.close();
	});

	test("does the same for a client of revision 2026-07-28", async () => {
		const client = new ModernClient(bridge, "one");
		await client.result("server/discover");
		expect(await listOnce()).toEqual(["a", "b", "c"]);
		await isAsleep();
		hold();
		expect(await client.result("server/discover")).toHaveProperty(
			"capabilities.tools",
		);
		expect(await client.result("tools/list")).toHaveProperty("tools.length", 2);
		const call = client.text("a");
		letGo();
		expect(await call).toMatch(/^\d+$/);
	});

	test("tells its clients when its lists have changed meanwhile", async () => {
		const sse = await RawClient.connect(bridge, "one", "sse");
		const streamable = await RawClient.connect(bridge, "one", "streamable", {
			listen: true,
		});
		const modern = new ModernClient(bridge, "one");
		const subscribed = await modern.listen({ toolsListChanged: true });
		await listOnce();
		await isAsleep();
		write(["a", "other"]);
		// What was said before, while it starts.
		expect(await listOnce()).toEqual(["a", "b", "c"]);
		await Promise.all([
			sse.waitFor(isChange),
			streamable.waitFor(isChange),
			subscribed.message(isChange),
		]);
		expect(await listOnce()).toEqual(["a", "other"]);
		for (const client of [sse, streamable, subscribed]) client.close();
	});

	test("tells nobody anything where they are as they were", async () => {
		const client = await RawClient.connect(bridge, "one", "sse");
		await listOnce();
		await isAsleep();
		// The child has answered what it was asked before the call.
		await client.text(1, "a");
		await client.text(2, "a");
		await eventually(
			async () => (await serverStatus(bridge, "one")).shared?.inFlight === 0,
			"the lists are not read",
		);
		expect(client.received.filter(isChange)).toEqual([]);
		client.close();
	});

	test("and cannot start any more says so, instead of what it said once", async () => {
		await listOnce();
		await isAsleep();
		writeFileSync(`${at} lists`, "no JSON");
		await callOnce(bridge, "one", "a");
		await expect(listOnce()).rejects.toThrow("CHILD_EXITED");
	});
});

test("an edited server serves nothing of what it was, and tells its clients", async () => {
	const client = await RawClient.connect(bridge, "one", "sse");
	expect(await listOnce()).toEqual(["a", "b", "c"]);
	write(["new"], `${at} lists 2`);
	bridge.editConfig({ servers: { one: entry(`${at} lists 2`) } });
	await bridge.waitForLog("taken into force");
	expect(await listOnce()).toEqual(["new"]);
	await client.waitFor(isChange);
	client.close();
});

test("a server that nobody has listed is asked, and answers when it has started", async () => {
	hold();
	const initialize = post(
		`${bridge.url}/servers/one/mcp`,
		initializeRequest("2025-11-25"),
	);
	await eventually(
		async () => (await serverStatus(bridge, "one")).state === "starting",
		"it does not start",
	);
	letGo();
	const [answer] = await messagesOf(await initialize);
	expect(answer?.result?.serverInfo).toMatchObject({ name: "changeable" });
});

test("a server with a resource that somebody watches is needed", async () => {
	const watched = await startBridge({
		servers: {
			watched: fixture("everything", [], { idleTimeoutMs: 100 }),
			other: fixture("everything", [], { idleTimeoutMs: 100 }),
		},
	});
	const client = await RawClient.connect(watched, "watched", "sse");
	const { result } = await client.request({
		jsonrpc: "2.0",
		id: 1,
		method: "resources/list",
	});
	const [{ uri }] = result?.resources as [{ uri: string }];
	const params = { uri };
	const method = "resources/subscribe";
	await client.request({ jsonrpc: "2.0", id: 2, method, params });
	const pid = (await sharedPid(watched, "watched")) as number;
	// One that is started later and stopped before it shows that the time has come.
	for (let times = 0; times < 2; times++) {
		await (await RawClient.connect(watched, "other", "streamable")).close();
		await eventually(
			async () => (await serverStatus(watched, "other")).state === "idle",
			"the other one is not stopped",
		);
	}
	expect(isRunning(pid)).toBe(true);
	client.close();
	await eventually(
		async () => (await serverStatus(watched, "watched")).state === "idle",
		"it is not stopped when nobody watches",
	);
	await watched.stop();
});
