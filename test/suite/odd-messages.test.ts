import { rmSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { type Json, transports } from "../harness/clients.ts";
import { metric } from "../harness/metrics.ts";
import { eventually } from "../harness/processes.ts";
import { type Message, post, RawClient } from "../harness/raw-http.ts";
import { answerOf, head, RawSocket } from "../harness/raw-socket.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, getJson, serverStatus, textOf } from "../harness/status.ts";

/** What no specification foresees costs at most the request that it stands in. */

const file = scratch();
const held = file("held");
const call = (id: number, name: string, args = {}): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name, arguments: args },
});

/** An object where a string belongs, and of which none can be made. */
const odd = { toString: 1, valueOf: 1 };
const oddRequests: [method: string, params: Json][] = [
	["resources/subscribe", { uri: odd }],
	["resources/unsubscribe", { uri: odd }],
	["logging/setLevel", { level: odd }],
	["tools/call", { name: odd }],
	["tools/list", { cursor: odd, _meta: { progressToken: odd } }],
];

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			plain: fixture("faulty"),
			cold: fixture("faulty"),
			nulls: fixture("faulty", ["null-error"]),
			odd: fixture("faulty", ["odd-values"]),
			...Object.fromEntries(
				oddRequests.map((_, n) => [`cold-${n}`, fixture("faulty")]),
			),
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
	expect(error?.message).toContain("a line that cannot be read");
	client.close();
});

test.each([
	"whole",
	"in chunks",
] as const)("a body that is not UTF-8 is 400, %s, and reaches no tool; one that is passes as it is", async (sent) => {
	const send = async (text: Buffer) => {
		const message = JSON.stringify(call(1, "echo", { message: "#" }));
		const [start = "", end = ""] = message.split("#");
		const body = Buffer.concat([Buffer.from(start), text, Buffer.from(end)]);
		const chunk = (bytes: Buffer) => [
			Buffer.from(`${bytes.length.toString(16)}\r\n`),
			bytes,
			Buffer.from("\r\n"),
		];
		// The first character of the text is cut where the chunks meet.
		const chunks = [
			body.subarray(0, start.length + 1),
			body.subarray(start.length + 1),
		];
		const [headers, content] =
			sent === "whole"
				? [{ "content-length": String(body.length) }, [body]]
				: [
						{ "transfer-encoding": "chunked" },
						[...chunks.flatMap(chunk), Buffer.from("0\r\n\r\n")],
					];
		const socket = await RawSocket.send(
			bridge,
			head(bridge, "POST", "/servers/plain/mcp", {
				connection: "close",
				...headers,
			}),
		);
		socket.write(Buffer.concat(content));
		await socket.closed;
		const { status, body: json } = answerOf(socket.received);
		return { status, answer: JSON.parse(json) };
	};
	const refused = await send(Buffer.from("\u00e9t\u00e9", "latin1"));
	expect(refused).toMatchObject({
		status: 400,
		answer: {
			error: { code: -32700, message: expect.stringContaining("0xE9") },
		},
	});
	const text = "é 漢 🙂 \ufffd";
	expect(textOf((await send(Buffer.from(text))).answer)).toBe(text);
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

test.each(
	oddRequests.map((request, index) => [...request, index] as const),
)("%s with an object where a string belongs is the server's to refuse, whether it is up or not", async (method, params, index) => {
	const server = `cold-${index}`;
	for (const id of ["cold", "warm"]) {
		const message = { jsonrpc: "2.0", id, method, params };
		const response = await post(`${bridge.url}/servers/${server}/mcp`, message);
		expect(await response.json()).toMatchObject({ id });
	}
	expect((await callOnce(bridge, server, "pid")).result).toBeDefined();
	expect(await metric(bridge, "requests_unanswered", { server })).toBe(0);
});

test.each(
	transports,
)("a server that sends such objects, and messages nested 20,000 deep, costs nobody but itself, over %s", async (transport) => {
	const client = await RawClient.connect(bridge, "odd", transport, {
		capabilities: { elicitation: {} },
	});
	const asked = call(1, "echo", { message: "x" });
	const _meta = { progressToken: "t" };
	const params = { ...asked.params, _meta };
	expect(await client.request({ ...asked, params })).toHaveProperty("result");
	const { error } = await client.request(call(2, "deep"));
	expect(error?.message).toContain("deep");
	expect(await client.request(call(3, "pid"))).toHaveProperty("result");
	client.close();
	const dropped = await metric(bridge, "messages_dropped_total", {
		server: "odd",
		kind: "message-nested-too-deep",
	});
	expect(dropped).toBeGreaterThan(0);
	expect(await metric(bridge, "requests_unanswered")).toBe(0);
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
