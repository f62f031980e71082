import { beforeAll, describe, expect, test } from "vitest";
import { type Json, transports } from "../harness/clients.ts";
import { droppedBy } from "../harness/dropped.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import { call } from "../harness/questions.ts";
import { type Message, post, RawClient } from "../harness/raw-http.ts";
import {
	cancelledCall,
	recordedOf,
	recordedOnce,
	recording,
} from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { serverStatus, textOf } from "../harness/status.ts";

/** Progress and cancellation of clients of both eras, on children of both. */

const file = scratch();
const tool = "tools/call";

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: recording("legacy-raw", file("legacy")),
			modern: recording("modern-raw", file("modern"), { protocol: "modern" }),
		},
	});
});

const progress = (more: Json = {}) => ({
	method: "notifications/progress",
	params: { progressToken: "own", progress: 0, ...more },
});
const isProgress = ({ method }: Message) => method === "notifications/progress";
const told = (messages: readonly Message[]) =>
	messages.filter(isProgress).map(({ params }) => params);
const hold = (name: string, message = name) =>
	call("hold", { name, messages: [progress({ message })] });
const cancelledIds = (server: string) =>
	recordedOf(file(server), "notifications/cancelled").map(
		({ params }) => params?.requestId,
	);
/** The call of this name, as the child has it. */
const callOf = (server: string, name: string) =>
	recordedOnce(
		file(server),
		({ method, params }) =>
			method === tool && (params?.arguments as Json)?.name === name,
	);

describe.each(["legacy", "modern"])("on a %s child", (server) => {
	const modern = () => new ModernClient(bridge, server);

	test("equal progress tokens of clients of both eras stay apart, with their JSON type", async () => {
		const tokens = [1, "1", 0, "0", ""];
		const holding = await Promise.all(
			tokens.flatMap((token, index) => [
				(async () => {
					const who = `modern ${index}`;
					const stream = await modern().stream(tool, hold("all", who), {
						id: 1,
						meta: { progressToken: token },
					});
					return { who, token, messages: stream.messages, done: stream.ended };
				})(),
				(async () => {
					const who = `legacy ${index}`;
					const transport = transports[index % 2] as "sse";
					const client = await RawClient.connect(bridge, server, transport);
					await client.send({
						jsonrpc: "2.0",
						id: 1,
						method: tool,
						params: { ...hold("all", who), _meta: { progressToken: token } },
					});
					const done = client.answer(1).then(() => client.close());
					return { who, token, messages: client.received, done };
				})(),
			]),
		);
		await eventually(
			() => holding.every(({ messages }) => messages.some(isProgress)),
			"not all have their progress",
		);
		await modern().text("release", { name: "all" });
		for (const { who, token, messages, done } of holding) {
			await done;
			expect(told(messages), who).toEqual([
				{ progressToken: token, progress: 0, message: who },
			]);
		}
	});

	test("progress that nobody asked for is dropped and counted", async () => {
		const before = await droppedBy(bridge, server);
		const { notifications } = await modern().request(
			tool,
			call("say", {
				messages: [
					progress({ progressToken: "invented" }),
					progress({ progressToken: 1 }),
				],
			}),
		);
		expect(notifications).toEqual([]);
		expect(await droppedBy(bridge, server)).toBe(before + 2);
	});

	test("a modern client that closes the response cancels its call, and no other of the same id", async () => {
		const names = ["closed", "open"].map((name) => `${name} on ${server}`);
		const [closed, open] = await Promise.all(
			names.map((name) =>
				modern().stream(tool, hold(name), {
					id: 1,
					meta: { progressToken: 1 },
				}),
			),
		);
		if (!closed || !open) throw new Error("unreachable");
		await closed.message(isProgress);
		await open.message(isProgress);
		closed.close();
		await cancelledCall(file(server), names[0] as string);
		await modern().text("release", { name: names[1] });
		const answer = await open.message(({ id }) => id === 1);
		expect(textOf(answer)).toBe(`released ${names[1]}`);
		const { message } = await callOf(server, names[1] as string);
		expect(cancelledIds(server)).not.toContain(message.id);
		await eventually(
			async () => (await serverStatus(bridge, server)).shared?.inFlight === 0,
			"something is in flight",
		);
	});

	test("a modern client that goes before the response has begun cancels its call too", async () => {
		const abort = new AbortController();
		const name = `early on ${server}`;
		const gone = modern()
			.request(tool, call("hold", { name }), { signal: abort.signal })
			.catch((error: Error) => error.name);
		await callOf(server, name);
		abort.abort();
		expect(await gone).toBe("AbortError");
		await cancelledCall(file(server), name);
	});

	test("a legacy client that closes the response has cancelled nothing: its call goes on", async () => {
		const client = await RawClient.connect(bridge, server, "streamable");
		const name = `legacy closes on ${server}`;
		const abort = new AbortController();
		const response = await post(
			client.endpoint,
			{
				jsonrpc: "2.0",
				id: 1,
				method: tool,
				params: { ...hold(name), _meta: { progressToken: 1 } },
			},
			client.headers,
			{ signal: abort.signal },
		);
		expect(response.status).toBe(200);
		const { message } = await callOf(server, name);
		abort.abort();
		// The bridge has seen that by now: this call takes the same way, later.
		const later = `behind ${name}`;
		const stream = await modern().stream(tool, hold(later), {
			meta: { progressToken: 1 },
		});
		await stream.message(isProgress);
		stream.close();
		await cancelledCall(file(server), later);
		expect(cancelledIds(server)).not.toContain(message.id);
		await modern().text("release", { name });
		await eventually(
			async () => (await serverStatus(bridge, server)).shared?.inFlight === 0,
			"the call did not go on",
		);
		client.close();
	});

	test.each(
		transports,
	)("a legacy client's notifications/cancelled over %s reaches the child, with its own id", async (transport) => {
		const [other, client] = await Promise.all(
			[1, 2].map(() => RawClient.connect(bridge, server, transport)),
		);
		if (!other || !client) throw new Error("unreachable");
		const name = `cancelled over ${transport} on ${server}`;
		for (const [who, called] of [
			[other, `not ${name}`],
			[client, name],
		] as const) {
			await who.send({
				jsonrpc: "2.0",
				id: "mine",
				method: tool,
				params: { ...hold(called), _meta: { progressToken: 1 } },
			});
			await callOf(server, called);
		}
		await client.send({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: "mine", reason: "enough" },
		});
		const { message } = await cancelledCall(file(server), name);
		expect(message.params?.reason).toBe("enough");
		await modern().text("release", { name: `not ${name}` });
		expect(textOf(await other.answer("mine"))).toBe(`released not ${name}`);
		other.close();
		client.close();
	});
});
