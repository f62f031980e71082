import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually, isRunning, waitUntilGone } from "../harness/processes.ts";
import {
	answerTo,
	call,
	elicit,
	everyCapability,
	questionsOf,
	responsesTo,
	sample,
} from "../harness/questions.ts";
import type { SseReader } from "../harness/raw-http.ts";
import {
	cancelledCall,
	recorded,
	recordedOf,
	recordedOnce,
	recording,
} from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { killChild, serverStatus, textOf } from "../harness/status.ts";

/** Whoever goes away while a call waits for its client: it ends, and nothing of it is left. */

const file = scratch();
const record = file("record");
const tool = "tools/call";

const servers = {
	raw: recording("legacy-raw", record),
	mortal: recording("legacy-raw", file("mortal")),
	session: recording("legacy-raw", file("session"), { isolation: "session" }),
	edited: recording("legacy-raw", file("edited")),
};

let bridge: Bridge;
beforeAll(async () => {
	// Longer than any test: what does not have to be waited for is not.
	bridge = await startBridge({ servers, drainTimeoutMs: 60_000 });
});

const clientOf = (server = "raw") =>
	new ModernClient(bridge, server, { capabilities: everyCapability });
const ask = (client: ModernClient, name: string, more: Json = {}) =>
	client.result(tool, call("ask", { rounds: [[elicit(name)]], name, ...more }));
const retryOf = (asked: Json) => ({
	requestState: asked.requestState,
	inputResponses: responsesTo(asked),
});
const nothingLeft = () =>
	eventually(async () => {
		const { suspendedCalls, own } = await serverStatus(bridge, "raw");
		const busy = own.filter(({ inFlight, waiting }) => inFlight + waiting > 0);
		return suspendedCalls === 0 && busy.length === 0;
	}, "something of a call is left");
/** The process that has this call. */
const pidOf = async (name: string, of = record) =>
	(
		await recordedOnce(
			of,
			({ method, params }) =>
				method === tool && (params?.arguments as Json).name === name,
		)
	).pid;

const progress = {
	method: "notifications/progress",
	params: { progressToken: "own", progress: 0 },
};
/** A call in flight whose response is open, as a stream. */
async function opened(
	client: ModernClient,
	params: Json,
	more: Json = {},
): Promise<SseReader> {
	const stream = await client.stream(
		tool,
		{ ...params, ...more },
		{ meta: { progressToken: "mine" } },
	);
	await stream.message(({ method }) => method === progress.method);
	return stream;
}

describe("a client that closes the response", () => {
	test("before its call has asked anything cancels the call", async () => {
		const params = call("hold", { name: "before", messages: [progress] });
		(await opened(clientOf(), params)).close();
		await cancelledCall(record, "before");
		await nothingLeft();
	});

	test("to a retry cancels the call, which has gone on", async () => {
		const client = clientOf();
		const params = call("ask", {
			rounds: [[elicit("first")]],
			name: "retried",
			stay: true,
			steps: true,
		});
		const asked = await client.result(tool, params);
		(await opened(client, params, retryOf(asked))).close();
		await cancelledCall(record, "retried");
		await nothingLeft();
		const { response } = await client.request(tool, {
			...params,
			...retryOf(asked),
		});
		expect(response.error).toMatchObject({
			data: { code: "REQUEST_STATE_USED" },
		});
	});

	test("that asks it for something has cancelled nothing", async () => {
		const client = clientOf();
		const params = call("ask", {
			rounds: [[elicit("?")]],
			name: "closed",
			steps: true,
		});
		const stream = await opened(client, params);
		const { result = {} } = await stream.message(({ id }) => id !== undefined);
		stream.close();
		const { response } = await client.request(tool, {
			...params,
			...retryOf(result),
		});
		expect(textOf(response)).toBe(
			JSON.stringify([[{ result: answerTo(elicit("?")) }]]),
		);
	});

	test("while its call waits for a child, which then does not get it", async () => {
		// As many calls as may be at work at one time.
		const names = Array.from({ length: 8 }, (_, index) => `at work ${index}`);
		const busy = await Promise.all(
			names.map((name) =>
				opened(clientOf(), call("hold", { name, messages: [progress] })),
			),
		);
		// The response begins, as a stream, when it has waited for a while.
		const ninth = await clientOf().stream(
			tool,
			call("hold", { name: "ninth" }),
		);
		ninth.close();
		for (const stream of busy) stream.close();
		await Promise.all(names.map((name) => cancelledCall(record, name)));
		await nothingLeft();
		expect(await clientOf().text("say")).toBe("said");
		expect(JSON.stringify(recordedOf(record, tool))).not.toContain("ninth");
	});
});

describe("a child", () => {
	test("that dies while its call is suspended: the retry is told how it ended, and the next call nothing of it", async () => {
		const client = clientOf("mortal");
		const asked = await ask(client, "dies");
		const pid = await pidOf("dies", file("mortal"));
		await killChild(bridge, "mortal", pid);
		const { status, response } = await client.request(tool, {
			...call("ask", { rounds: [[elicit("dies")]], name: "dies" }),
			...retryOf(asked),
		});
		expect(status).toBe(200);
		expect(response.error?.message).toContain("SIGKILL");
		expect((await serverStatus(bridge, "mortal")).suspendedCalls).toBe(0);
		const next = await ask(client, "lives");
		expect(questionsOf(next)).toEqual([elicit("lives")]);
	});

	test("that answers its call though it has asked: the retry gets that answer", async () => {
		const client = clientOf();
		const giveUp = file("give-up");
		const asked = await ask(client, "gives up", { giveUp });
		writeFileSync(giveUp, "");
		const pid = await pidOf("gives up");
		// It has answered when it answers what comes behind that.
		await eventually(
			async () =>
				(await serverStatus(bridge, "raw")).own.some(
					(child) => child.pid === pid && child.inFlight === 0,
				),
			"it does not give up",
		);
		const { response } = await client.request(tool, {
			...call("ask", {
				rounds: [[elicit("gives up")]],
				name: "gives up",
				giveUp,
			}),
			...retryOf(asked),
		});
		expect(textOf(response)).toBe("gave up");
		// The answer to a question that was withdrawn goes to nobody.
		const answers = recorded(record).filter(
			(one) => one.pid === pid && one.message.result !== undefined,
		);
		expect(answers).toEqual([]);
	});

	test("that a client has answered something serves nobody else", async () => {
		const client = clientOf();
		const asked = await ask(client, "mine");
		const pid = await pidOf("mine");
		await client.result(tool, {
			...call("ask", { rounds: [[elicit("mine")]], name: "mine" }),
			...retryOf(asked),
		});
		await waitUntilGone([pid]);
		expect(await clientOf().text("pid")).not.toBe(String(pid));
	});

	test("that was asked nothing and has asked nothing serves the next call too", async () => {
		const pid = await clientOf().text("pid");
		expect(await clientOf().text("pid")).toBe(pid);
		expect(isRunning(Number(pid))).toBe(true);
	});
});

test("with isolation 'session' each request of a client that nobody can tell from others has a child of its own, which ends with it, and a retry has the one that asked", async () => {
	const client = clientOf("session");
	const pids = [await client.text("pid"), await client.text("pid")];
	const asked = await ask(client, "first");
	expect(await serverStatus(bridge, "session")).toMatchObject({
		suspendedCalls: 1,
	});
	const retried = await client.result(tool, {
		...call("ask", { rounds: [[elicit("first")]], name: "first" }),
		...retryOf(asked),
	});
	expect(retried.resultType).toBe("complete");
	expect(new Set(pids).size).toBe(2);
	await waitUntilGone(pids.map(Number));
	expect(await serverStatus(bridge, "session")).toMatchObject({
		suspendedCalls: 0,
	});
});

describe("an end of the server", () => {
	test("by an edit of its entry ends the calls that are suspended", async () => {
		const client = clientOf("edited");
		const asked = await ask(client, "edited");
		const pid = await pidOf("edited", file("edited"));
		const edited = recording("legacy-raw", file("edited"), { warm: 1 });
		bridge.editConfig({
			servers: { ...servers, edited },
			drainTimeoutMs: 60_000,
		});
		await cancelledCall(file("edited"), "edited");
		await waitUntilGone([pid]);
		expect(await serverStatus(bridge, "edited")).toMatchObject({
			suspendedCalls: 0,
		});
		const { response } = await client.request(tool, {
			...call("ask", { rounds: [[elicit("edited")]], name: "edited" }),
			...retryOf(asked),
		});
		expect(response.error).toMatchObject({
			data: { code: "REQUEST_STATE_USED" },
		});
	});

	test("by the bridge's own leaves none behind, and does not wait for their clients", async () => {
		await clientOf().result(
			tool,
			call("ask", { rounds: [[sample("?")]], name: "stopped" }),
		);
		expect(await serverStatus(bridge, "raw")).toMatchObject({
			suspendedCalls: 1,
		});
		expect(await bridge.stop()).toEqual({ code: 0, signal: null });
		await cancelledCall(record, "stopped");
	});
});
