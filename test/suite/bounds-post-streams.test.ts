import { beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { HeldServer } from "../harness/held-server.ts";
import { limitReached, metric } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { expectOverLimit } from "../harness/over-limit.ts";
import { eventually } from "../harness/processes.ts";
import {
	isSse,
	messagesOf,
	openSse,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { reopen } from "../harness/reopen.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { textOf } from "../harness/status.ts";

/** maxStreams bounds the streams that answer a POST too: who can do without gets none, and who has one may open it again. */

const file = scratch();
const accept = "text/event-stream";

test.each([
	"auto",
	"sse",
])("where no stream is free, a POST that accepts both is answered in JSON, also where postResponse is %s and progress comes first", async (postResponse) => {
	const bridge = await startBridge({
		servers: { one: fixture("flooding") },
		maxStreams: 1,
		postResponse,
	});
	const client = await RawClient.connect(bridge, "one", "streamable");
	await client.listen();
	const args = { kind: "progress", count: 3 };
	const meta = { progressToken: "token" };
	const call = callMessage("both", "flood", args, meta);
	const modern = new ModernClient(bridge, "one");
	const params = { name: "flood", arguments: args };
	for (const response of [
		await post(client.endpoint, call, client.headers),
		await post(client.endpoint, call),
		await modern.post("tools/call", params, { id: "both", meta }),
	]) {
		expect([response.status, isSse(response)]).toEqual([200, false]);
		const [answer, ...others] = await messagesOf(response);
		expect(answer && textOf(answer)).toBe("flooded");
		expect(others).toEqual([]);
	}
	client.close();
	await bridge.stop();
});

describe("where no stream is free", () => {
	const held = new HeldServer(file("held"));
	let bridge: Bridge;
	/** They have the two that there may be. */
	let sse: RawClient;
	let listening: RawClient;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: { one: held.entry },
			maxStreams: 2,
		});
		sse = await RawClient.connect(bridge, "one", "sse");
		listening = await RawClient.connect(bridge, "one", "streamable");
		await listening.listen();
	});

	test("a POST that accepts nothing but a stream is refused with 503, which is counted, and its call is not made", async () => {
		const call = callMessage("more", "echo");
		const modern = new ModernClient(bridge, "one");
		const refusals: [Response, (-32005 | -32603)?][] = [
			[await post(listening.endpoint, call, { ...listening.headers, accept })],
			[await post(listening.endpoint, call, { accept })],
			[
				await modern.post(
					"tools/call",
					{ name: "echo" },
					{ id: "more", headers: { accept } },
				),
				-32603,
			],
		];
		for (const [refused, code] of refusals) {
			const { id } = await expectOverLimit(refused, 503, "maxStreams", code);
			expect(id).toBe("more");
		}
		expect(await limitReached(bridge, "maxStreams", "one")).toBe(3);
		expect(await listening.text(1, "pid")).toMatch(/^\d+$/);
		expect(held.calls("echo")).toEqual([]);
	});

	test("a client that opens its own stream again is let in, and the new one takes the place of the old", async () => {
		const old = [sse.stream, listening.stream];
		const { stream } = await reopen(sse);
		const again = await listening.listen();
		await Promise.all(old.map((each) => each?.ended));
		expect([stream.over, again.over]).toEqual([false, false]);
		await eventually(
			async () => (await metric(bridge, "streams")) === 2,
			"the old streams are still counted",
		);
		stream.close();
		again.close();
	});

	test("the stream of a POST that is free again is taken by the next, which then has its own place", async () => {
		await eventually(
			async () => (await metric(bridge, "streams")) === 0,
			"the streams are still open",
		);
		held.hold();
		const headers = { ...listening.headers, accept };
		const calls = await Promise.all(
			["first", "second"].map((message) =>
				post(
					listening.endpoint,
					callMessage(message, "echo", { message }),
					headers,
				),
			),
		);
		expect(calls.map(isSse)).toEqual([true, true]);
		const refused = await fetch(listening.endpoint, { headers });
		await expectOverLimit(refused, 503, "maxStreams");
		held.letGo();
		for (const [index, call] of calls.entries()) {
			const answer = (await messagesOf(call)).at(-1);
			expect(answer && textOf(answer)).toBe(["first", "second"][index]);
		}
		(await openSse(listening.endpoint, headers)).close();
	});
});
