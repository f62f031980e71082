import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, dialects, transports } from "../harness/clients.ts";
import {
	initializedNotification,
	initializeRequest,
	RawClient,
} from "../harness/raw-http.ts";
import {
	type Bridge,
	childCount,
	childPids,
	fixture,
	startBridge,
} from "../harness/start-bridge.ts";

/** LiteLLM opens a connection, initializes, does one thing and closes, for every list and every call. */

const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-litellm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			everything: fixture("everything"),
			recorder: fixture("recorder", [], {
				// A file for every process that was ever sent anything.
				env: { RECORD_FILE: path.join(folder, "%p") },
			}),
		},
	});
});

test("200 times connect, initialize, list, call, close spawn exactly one process", async () => {
	const pids = new Set<string>();
	for (let round = 0; round < 50; round++)
		for (const dialect of dialects) {
			const client = await connect(bridge, "everything", dialect);
			await client.request("tools/list");
			pids.add(await client.text("pid"));
			await client.close();
		}
	expect(pids.size).toBe(1);
	expect(await childCount(bridge, 1)).toEqual([...pids].map(Number));
});

test("as many at the same time, of which some end their session and some do not, spawn one more", async () => {
	const round = async (index: number) => {
		const client = await connect(
			bridge,
			"recorder",
			dialects[index % dialects.length],
		);
		await client.request("tools/list");
		expect(await client.text("echo", { index })).toBe(
			JSON.stringify({ index }),
		);
		const { transport } = client.client;
		if (
			index % 3 === 0 &&
			transport !== undefined &&
			"terminateSession" in transport
		)
			await (
				transport as { terminateSession(): Promise<void> }
			).terminateSession();
		await client.close();
	};
	for (let start = 0; start < 200; start += 25)
		await Promise.all(
			Array.from({ length: 25 }, (_, index) => round(start + index)),
		);
	const files = readdirSync(folder);
	expect(files).toHaveLength(1);
	expect(childPids(bridge)).toHaveLength(2);
	const methods = readFileSync(path.join(folder, files[0] as string), "utf8")
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line).method);
	expect(methods.filter((method) => method === "initialize")).toHaveLength(1);
	expect(methods.filter((method) => method === "tools/call")).toHaveLength(200);
});

test.each(
	transports,
)("its August 2025 client is served, which names revision 2025-06-18 on everything, over %s", async (transport) => {
	const client = await RawClient.open(bridge, "everything", transport);
	client.protocolVersion = "2025-06-18";
	await client.send(initializeRequest("2025-06-18"));
	expect((await client.answer(0)).result?.protocolVersion).toBe("2025-06-18");
	await client.send(initializedNotification);
	const { result } = await client.request({
		jsonrpc: "2.0",
		id: 1,
		method: "tools/call",
		params: {
			name: "echo",
			arguments: { message: "hi" },
			_meta: { progressToken: 1 },
		},
	});
	expect(result?.content).toEqual([{ type: "text", text: "hi" }]);
	expect(
		(await client.request({ jsonrpc: "2.0", id: 2, method: "tools/list" }))
			.result?.tools,
	).toBeDefined();
	client.close();
});
