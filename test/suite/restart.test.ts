import { beforeAll, expect, test } from "vitest";
import { atOneAddress } from "../harness/at-one-address.ts";
import { type Message, post, RawClient } from "../harness/raw-http.ts";
import { reopen } from "../harness/reopen.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { type Bridge, fixture } from "../harness/start-bridge.ts";

/**
 * A bridge without a key for sessions that was started anew knows none of before: its clients go on as they do, and
 * no server gets to say 'Received request before initialization was complete'.
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

/** The clients of the bridge that is gone. */
let sse: RawClient;
let streamable: RawClient;
/** The one that came in its place. */
let bridge: Bridge;

beforeAll(async () => {
	// Set to nothing is not set.
	const start = await atOneAddress(
		{ servers },
		{ env: { MCP_EDGE_BRIDGE_SESSION_KEY: "" } },
	);
	const gone = await start();
	[sse, streamable] = await Promise.all([
		RawClient.connect(gone, "strict", "sse"),
		RawClient.connect(gone, "strict", "streamable", { listen: true }),
	]);
	for (const client of [sse, streamable])
		expect((await client.request(list(1))).result?.tools).toHaveLength(3);
	await gone.stop("SIGTERM");
	await Promise.all([sse.stream?.ended, streamable.stream?.ended]);
	bridge = await start();
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
	const { endpoint } = await reopen(sse);
	expect(endpoint.pathname).toBe(sse.endpoint.pathname);
	expect(endpoint.search).not.toBe(sse.endpoint.search);
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

test("the log says once why sessions have ended, and what keeps them", async () => {
	const line = await bridge.waitForLog("came with a session");
	expect(JSON.parse(line)).toMatchObject({ level: 40 });
	for (const remedy of ['"sessionKey"', "MCP_EDGE_BRIDGE_SESSION_KEY"])
		expect(JSON.parse(line).msg).toContain(remedy);
	const nobody = { "mcp-session-id": "of nobody" };
	expect((await post(streamable.endpoint, list(5), nobody)).status).toBe(404);
	const again = bridge.log.filter((one) => one.includes("came with a session"));
	expect(again).toEqual([line]);
});
