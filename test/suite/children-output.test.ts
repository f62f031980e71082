import { beforeAll, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import { type Message, RawClient } from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, serverStatus, textOf } from "../harness/status.ts";

/** Whatever a child writes, its clients get the messages in it, and nothing else. */

const MiB = 2 ** 20;
const big = String(16 * MiB);

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			noise: fixture("faulty", ["noise"]),
			split: fixture("faulty", ["split-utf8"]),
			crlf: fixture("faulty", ["crlf", "split-utf8"]),
			cut: fixture("faulty", ["no-final-newline"]),
			twice: fixture("faulty", ["double-answer", "stray-ids"]),
			flood: fixture("faulty", ["stderr-flood"]),
			big: fixture("faulty", ["big-line", big]),
			idFirst: fixture("faulty", ["big-line", big], { maxLineBytes: 65_536 }),
			idLast: fixture("faulty", ["big-line", big, "id-last"], {
				maxLineBytes: 65_536,
			}),
		},
	});
});

const text = 'é 漢 🙂 \u2028 \u2029 \u0000 \\ "';

test("noise between the messages is skipped, and counted", async () => {
	const client = await RawClient.connect(bridge, "noise", "sse");
	expect(await client.text(1, "echo", { message: text })).toBe(text);
	expect(await client.text(2, "echo", { message: "b" })).toBe("b");
	// Ten lines stand before and behind each of three answers; a blank one of them is nothing.
	const count = async () => (await serverStatus(bridge, "noise")).noiseLines;
	await expect.poll(count, { timeout: 5000 }).toBe(3 * 2 * 9);
	expect(client.received).toHaveLength(3);
	client.close();
});

test.each([
	["split", "written byte by byte"],
	["crlf", "of lines that end with CR LF"],
])("%s: text comes out whole from output %s", async (server) => {
	for (const transport of transports) {
		const client = await RawClient.connect(bridge, server, transport);
		expect(await client.text(1, "echo", { message: text })).toBe(text);
		client.close();
	}
});

test("a last line without its line feed is a message", async () => {
	const { result } = await callOnce(bridge, "cut", "echo", { message: text });
	expect(result?.content).toEqual([{ type: "text", text }]);
});

test("answers that nobody waits for reach nobody", async () => {
	const client = await RawClient.connect(bridge, "twice", "sse");
	for (const id of [1, "1", 2]) await client.text(id, "echo");
	await client.text("last", "pid");
	const ids = client.received.map(({ id }: Message) => id);
	expect(ids).toEqual([0, 1, "1", 2, "last"]);
	const { dropped } = await serverStatus(bridge, "twice");
	expect(dropped["answer-nobody-waits-for"]).toBeGreaterThanOrEqual(3);
	expect(dropped["answer-under-unknown-id"]).toBeGreaterThanOrEqual(8);
	client.close();
});

test("a flood on stderr holds nothing up", async () => {
	for (let times = 0; times < 5; times++)
		expect(
			textOf(await callOnce(bridge, "flood", "echo", { message: "a" })),
		).toBe("a");
});

test.each(
	transports,
)("a line of 16 MiB arrives whole, over %s", async (transport) => {
	const client = await RawClient.connect(bridge, "big", transport);
	const answer = await client.text(1, "echo");
	expect(answer.length).toBe(16 * MiB);
	expect(/^x*$/.test(answer)).toBe(true);
	client.close();
});

test.each([
	["idFirst", "start"],
	["idLast", "end"],
])("%s: a line over maxLineBytes with its id at the %s answers its request with an error, and no other", async (server) => {
	for (const transport of transports) {
		const client = await RawClient.connect(bridge, server, transport);
		const pid = await client.text("before", "pid");
		const { error } = await client.request({
			jsonrpc: "2.0",
			id: 7,
			method: "tools/call",
			params: { name: "echo", arguments: {} },
		});
		expect(error?.message).toContain(`Server "${server}"`);
		expect(error?.message).toContain("maxLineBytes of 65536");
		expect(error?.data).toMatchObject({
			code: "LINE_TOO_LONG",
			bytes: expect.any(Number),
			maxLineBytes: 65_536,
		});
		// The child is none the worse.
		expect(await client.text("after", "pid")).toBe(pid);
		client.close();
	}
	const { dropped } = await serverStatus(bridge, server);
	expect(dropped["oversize-line"]).toBe(2);
});
