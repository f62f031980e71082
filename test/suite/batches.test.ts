import { beforeAll, describe, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import {
	type Message,
	messagesOf,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** Arrays of messages: a part of revision 2025-03-26, and of no other (2025-06-18, 'Key Changes'). */

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: { everything: fixture("everything") },
	});
});

const echo = (id: string | number, message: string): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name: "echo", arguments: { message } },
});
const note: Message = {
	jsonrpc: "2.0",
	method: "notifications/example.com/note",
	params: {},
};
const textOf = ({ result }: Message) =>
	(result as { content: [{ text: string }] } | undefined)?.content[0].text;

test("a batch POST in revision 2025-03-26 gets the answer to each of its requests", async () => {
	const client = await RawClient.connect(bridge, "everything", "streamable", {
		protocolVersion: "2025-03-26",
	});
	const response = await client.post([
		echo(1, "one"),
		note,
		echo("1", "the other one"),
		{ jsonrpc: "2.0", id: 2, method: "ping" },
		{ jsonrpc: "2.0", id: 3, method: "example.com/none" },
	]);
	expect(response.status).toBe(200);
	const answers = await messagesOf(response);
	expect(answers).toHaveLength(4);
	const by = (id: string | number) => answers.find((one) => one.id === id);
	expect(textOf(by(1) as Message)).toBe("one");
	expect(textOf(by("1") as Message)).toBe("the other one");
	expect(by(2)?.result).toEqual({});
	expect(by(3)?.error?.code).toBe(-32601);
});

test("a batch message over SSE in revision 2025-03-26 gets the answer to each of its requests", async () => {
	const client = await RawClient.connect(bridge, "everything", "sse", {
		protocolVersion: "2025-03-26",
	});
	expect(await client.send([echo(1, "one"), note, echo("1", "other")])).toBe(
		202,
	);
	expect(textOf(await client.answer(1))).toBe("one");
	expect(textOf(await client.answer("1"))).toBe("other");
	client.close();
});

test("a batch without requests is accepted with 202 and no body", async () => {
	const client = await RawClient.connect(bridge, "everything", "streamable", {
		protocolVersion: "2025-03-26",
	});
	const response = await client.post([note, note]);
	expect(response.status).toBe(202);
	expect(await response.text()).toBe("");
});

describe.each(transports)("over %s", (transport) => {
	test.each([
		"2024-11-05",
		"2025-06-18",
		"2025-11-25",
	])("a batch in revision %s is refused with 400 and a JSON-RPC error", async (protocolVersion) => {
		const client = await RawClient.connect(bridge, "everything", transport, {
			protocolVersion,
		});
		const response = await client.post([echo(1, "one")]);
		expect(response.status).toBe(400);
		expect(await response.json()).toEqual({
			jsonrpc: "2.0",
			error: { code: -32600, message: expect.any(String) },
		});
		client.close();
	});

	test("an empty batch is refused with 400 and a JSON-RPC error", async () => {
		const client = await RawClient.connect(bridge, "everything", transport, {
			protocolVersion: "2025-03-26",
		});
		const response = await client.post([]);
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ error: { code: -32600 } });
		client.close();
	});
});

test("an initialize within a batch is refused", async () => {
	const response = await post(`${bridge.url}/servers/everything/mcp`, [
		{
			jsonrpc: "2.0",
			id: 0,
			method: "initialize",
			params: {
				protocolVersion: "2025-03-26",
				capabilities: {},
				clientInfo: { name: "raw", version: "0" },
			},
		},
		echo(1, "one"),
	]);
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({ error: { code: -32600 } });
});
