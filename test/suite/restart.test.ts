import { createServer } from "node:net";
import { beforeAll, expect, test } from "vitest";
import { type Message, RawClient } from "../harness/raw-http.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/**
 * A bridge that was started anew knows no session of before: its clients go on as they do, and no server gets to
 * say 'Received request before initialization was complete'.
 */

const at = scratch();
const violations = at("violations");
const servers = {
	strict: fixture("strict", ["python-1.13"], {
		env: { VIOLATIONS_FILE: violations },
	}),
};
const list = (id: string | number): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/list",
});

/** Below the ports that the system gives out by itself, so that it stays free while the bridge is away. */
async function freePort(): Promise<number> {
	for (;;) {
		const port = 20_000 + Math.floor(Math.random() * 12_000);
		const free = await new Promise<boolean>((resolve) => {
			const probe = createServer()
				.on("error", () => resolve(false))
				.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
		});
		if (free) return port;
	}
}

/** The clients of the bridge that is gone. */
let sse: RawClient;
let streamable: RawClient;
/** The one that came in its place. */
let bridge: Bridge;

beforeAll(async () => {
	const args = ["--port", String(await freePort())];
	const gone = await startBridge({ servers }, { args });
	[sse, streamable] = await Promise.all([
		RawClient.connect(gone, "strict", "sse"),
		RawClient.connect(gone, "strict", "streamable", { listen: true }),
	]);
	for (const client of [sse, streamable])
		expect((await client.request(list(1))).result?.tools).toHaveLength(3);
	await gone.stop("SIGTERM");
	await Promise.all([sse.stream?.ended, streamable.stream?.ended]);
	bridge = await startBridge({ servers }, { args });
	expect(bridge.url).toBe(gone.url);
});

/** The server of the new bridge is served by its own handshake, and so was the one of the old. */
async function expectUnharmed(client: RawClient): Promise<void> {
	expect(await client.text("echo", "echo", { message: "é" })).toBe("é");
	expect(await client.text("violations", "violations")).toBe("[]");
	expect(linesOf(violations)).toEqual([]);
}

test("an SSE client opens its stream again and goes on without initialize", async () => {
	expect(await sse.send(list(2))).toBe(404);
	const again = await RawClient.open(bridge, "strict", "sse");
	expect(again.endpoint.href).not.toBe(sse.endpoint.href);
	expect((await again.request(list(2))).result?.tools).toHaveLength(3);
	await expectUnharmed(again);
	again.close();
});

test("a Streamable HTTP client is told that its session is gone, and initializes anew", async () => {
	const before = streamable.sessionId;
	expect(before).toBeDefined();
	for (const message of [list(2), list("three")]) {
		const refused = await streamable.post(message);
		expect(refused.status).toBe(404);
		expect(await refused.json()).toEqual({
			jsonrpc: "2.0",
			id: message.id,
			error: {
				code: expect.any(Number),
				message: expect.stringMatching(/session/i),
			},
		});
	}
	// A client without any handshake of the new bridge has reached no server by that.
	expect(linesOf(violations)).toEqual([]);

	streamable.sessionId = undefined;
	streamable.protocolVersion = undefined;
	const { result } = await streamable.initialize("2025-11-25", {}, "again");
	expect(result?.serverInfo).toMatchObject({ name: "strict-python-1.13" });
	expect(streamable.sessionId).not.toBe(before);
	await streamable.send({
		jsonrpc: "2.0",
		method: "notifications/initialized",
	});
	expect((await streamable.request(list(4))).result?.tools).toHaveLength(3);
	await expectUnharmed(streamable);
	streamable.close();
});
