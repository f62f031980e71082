import { beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import type { Json } from "../harness/clients.ts";
import { isHeld } from "../harness/connections.ts";
import { metric } from "../harness/metrics.ts";
import { eventually } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import { postText, RawSocket } from "../harness/raw-socket.ts";
import { cancelledCall, recordedOnce, recording } from "../harness/recorded.ts";
import { runtimeName } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** Clients that have gone, or that do not read their answers: nothing is kept for them for ever. */

const file = scratch();

describe("a client that has gone while its call is never answered", () => {
	const records = file("records");
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: { one: recording("legacy-raw", records) },
			sessionIdleTimeoutMs: 1000,
		});
	});
	const hold = (name: string) => callMessage(1, "hold", { name });
	const childGets = (name: string) =>
		recordedOnce(
			records,
			({ params }) => (params?.arguments as Json | undefined)?.name === name,
		);
	const sessionEnds = (transport: string) =>
		eventually(
			async () => (await metric(bridge, "sessions", { transport })) === 0,
			"the session is kept",
		);
	/** Takes nothing but JSON, so that its answer is never a stream. */
	const postJson = (message: unknown, headers = {}) =>
		RawSocket.send(
			bridge,
			postText(bridge, "/servers/one/mcp", message, {
				...headers,
				accept: "application/json",
			}),
		);

	test("has no session over HTTP+SSE any more once that is idle", async () => {
		const client = await RawClient.connect(bridge, "one", "sse");
		await client.send(hold("sse"));
		await childGets("sse");
		client.close();
		await sessionEnds("sse");
		await cancelledCall(records, "sse");
	});

	// Deno does not tell that a client has gone whose body came apart from its head.
	if (runtimeName !== "deno")
		test("has no session over Streamable HTTP any more once that is idle", async () => {
			const client = await RawClient.connect(bridge, "one", "streamable");
			const socket = await postJson(hold("streamable"), client.headers);
			await childGets("streamable");
			socket.close();
			await sessionEnds("streamable");
			await cancelledCall(records, "streamable");
		});

	test("has its call cancelled at once where it has no session", async () => {
		const socket = await postJson(hold("alone"));
		await childGets("alone");
		socket.close();
		await cancelledCall(records, "alone");
		expect(await metric(bridge, "requests_unanswered")).toBe(0);
		expect(await metric(bridge, "requests_in_flight")).toBe(0);
	});
});

// Bun and Deno do not let a connection go before its client has read.
if (runtimeName.startsWith("node"))
	test("a client that does not read a large answer loses its connection, be it JSON or a stream", async () => {
		const bytes = String(8 * 1024 * 1024);
		const bridge = await startBridge({
			servers: { large: fixture("faulty", ["big-line", bytes]) },
		});
		const lost = ["application/json", "text/event-stream"].map(
			async (accept) => {
				const socket = await RawSocket.open(bridge);
				socket.stopReading();
				const call = callMessage(accept, "echo");
				const path = "/servers/large/mcp";
				socket.write(postText(bridge, path, call, { accept }));
				await eventually(
					() => !isHeld(bridge, socket),
					`the connection for ${accept} is kept`,
					30_000,
				);
				socket.close();
			},
		);
		await Promise.all(lost);
		await bridge.stop();
	});
