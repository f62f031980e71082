import { rmSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import { eventually } from "../harness/processes.ts";
import { type Message, post, RawClient } from "../harness/raw-http.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, getJson, serverStatus } from "../harness/status.ts";

/** What no specification foresees costs at most the request that it stands in. */

const file = scratch();
const held = file("held");
const call = (id: number, name: string, args = {}): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name, arguments: args },
});

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			plain: fixture("faulty"),
			cold: fixture("faulty"),
			nulls: fixture("faulty", ["null-error"]),
			empty: fixture("faulty", ["empty-answer"]),
			one: fixture("faulty", ["hold-on-call"], {
				concurrency: 1,
				env: { HOLD_FILE: held },
			}),
		},
	});
});

test.each(
	transports,
)('an answer with "error": null beside its result is that result, over %s', async (transport) => {
	const client = await RawClient.connect(bridge, "nulls", transport);
	const answer = await client.request(call(1, "echo", { text: "x" }));
	expect(answer.result).toBeDefined();
	expect(answer).not.toHaveProperty("error");
	client.close();
});

test.each(
	transports,
)("an answer with neither result nor error is an error, over %s", async (transport) => {
	const client = await RawClient.connect(bridge, "empty", transport);
	const { error } = await client.request(call(1, "echo"));
	expect(error?.message).toContain("neither a result nor an error");
	client.close();
});

test.each([
	"cold",
	"plain",
])("a body nested so deep that it cannot be written again is refused, and nothing else suffers: %s", async (name) => {
	if (name === "plain") await callOnce(bridge, name, "pid");
	const depth = 100_000;
	const params = `{"name":"echo","arguments":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
	const response = await post(
		`${bridge.url}/servers/${name}/mcp`,
		`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`,
	);
	// Where a runtime's stack is large enough it goes to the child, whose own may not be: an answer it is all the same.
	expect(await response.json()).toMatchObject({ jsonrpc: "2.0", id: 7 });
	expect((await callOnce(bridge, name, "pid")).result).toBeDefined();
	expect((await serverStatus(bridge, name)).shared?.inFlight).toBe(0);
});

test("a HEAD request opens nothing", async () => {
	const before = await getJson(bridge, "/status");
	for (const path of ["sse", "mcp"]) {
		const url = `${bridge.url}/servers/plain/${path}`;
		expect((await fetch(url, { method: "HEAD" })).status).toBe(405);
	}
	expect((await getJson(bridge, "/status")).sessions).toEqual(before.sessions);
});

test("a client is let in while the server's only turn is taken", async () => {
	writeFileSync(held, "");
	const first = await RawClient.connect(bridge, "one", "sse");
	await first.send(call(1, "echo"));
	await eventually(
		async () => (await serverStatus(bridge, "one")).shared?.inFlight === 1,
		"the call never came to the child",
	);
	const second = await RawClient.connect(bridge, "one", "streamable");
	rmSync(held);
	expect((await second.request(call(1, "pid"))).result).toBeDefined();
	first.close();
	second.close();
});
