import { rmSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { transports } from "../harness/clients.ts";
import { metric } from "../harness/metrics.ts";
import { eventually } from "../harness/processes.ts";
import { type Message, post, RawClient } from "../harness/raw-http.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { getJson, serverStatus } from "../harness/status.ts";

/** Whoever asks a server gets an answer, whatever the server writes in its place. */

const file = scratch();
const held = file("held");

let bridge: Bridge;
beforeAll(async () => {
	const verbatim = fixture("verbatim", [], { env: { HOLD_FILE: held } });
	bridge = await startBridge({
		servers: Object.fromEntries(
			["repaired", "unreadable", "noise", "ids", "foreign"].map((name) => [
				name,
				verbatim,
			]),
		),
	});
});

const say = (id: number, text: string, more?: string): Message =>
	callMessage(id, "say", { text, ...(more !== undefined && { more }) });

describe.each(transports)("over %s", (transport) => {
	test.each([
		["a byte order mark", '\uFEFF{"jsonrpc":"2.0","id":$ID,"result":{}}\n'],
		["NaN", '{"jsonrpc":"2.0","id":$ID,"result":{"content":[],"v":NaN}}\n'],
		[
			"a raw tab",
			'{"jsonrpc":"2.0","id":$ID,"result":{"content":[],"v":"a\tb"}}\n',
		],
		["text before it", 'working…{"jsonrpc":"2.0","id":$ID,"result":{}}\n'],
		["line feeds", '{\n\t"jsonrpc": "2.0",\n\t"id": $ID,\n\t"result": {}\n}\n'],
		["an id that is a string", '{"jsonrpc":"2.0","id":"$ID","result":{}}\n'],
		["no jsonrpc", '{"id":$ID,"result":{}}\n'],
		["PHP's empty object", '{"jsonrpc":"2.0","id":$ID,"result":[]}\n'],
	])("an answer with %s reaches its asker", async (_name, text) => {
		const client = await RawClient.connect(bridge, "repaired", transport);
		const { result } = await client.request(say(1, text));
		expect(result).toBeDefined();
		client.close();
	});

	test.each([
		["that is cut", '{"jsonrpc":"2.0","id":$ID,"result":{"text":"half a lin\n'],
		[
			"that is no JSON",
			'{"jsonrpc":"2.0","id":$ID,"result":{"v":undefined}}\n',
		],
		["whose id is an array", '{"jsonrpc":"2.0","id":[$ID],"result":{}}\n'],
		["without an id", '{"jsonrpc":"2.0","id":null,"result":{}}\n'],
		["whose result is a text", '{"jsonrpc":"2.0","id":$ID,"result":"text"}\n'],
		["of JSON-RPC 1.0", '{"jsonrpc":"1.0","id":$ID,"result":{"v":1}}\n'],
	])("an answer %s is an error that quotes it", async (_name, text) => {
		const client = await RawClient.connect(bridge, "unreadable", transport);
		const { error } = await client.request(say(1, text));
		expect(error?.data).toEqual({
			code: "ANSWER_UNREADABLE",
			server: "unreadable",
		});
		expect(error?.message).toContain('{\\"jsonrpc\\":');
		client.close();
	});

	test("progress under a token that is a string is the asker's, and its number is not changed", async () => {
		const client = await RawClient.connect(bridge, "ids", transport);
		const text =
			'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"$TOKEN","progress":1}}\n{"id":"$ID","result":{}}\n';
		const asked = callMessage(1, "say", { text }, { progressToken: "mine" });
		await client.request(asked);
		const progress = await client.waitFor(
			({ method }) => method === "notifications/progress",
		);
		expect(progress.params?.progressToken).toBe("mine");
		client.close();
	});
});

test("an answer without an id is nobody's while two wait", async () => {
	writeFileSync(held, "");
	const client = await RawClient.connect(bridge, "ids", "sse");
	const answer = '{"jsonrpc":"2.0","id":$ID,"result":{}}\n';
	await client.send(say(1, "", answer));
	const foreign = '{"jsonrpc":"2.0","id":null,"result":{}}\n';
	const before = (await serverStatus(bridge, "ids")).noiseLines;
	await client.send(say(2, foreign, answer));
	// Not before the foreign answer has come: with the first call answered it would be the second's.
	await eventually(
		async () => (await serverStatus(bridge, "ids")).noiseLines !== before,
		"the answer without an id was not skipped",
	);
	rmSync(held);
	expect((await client.answer(1)).result).toEqual({});
	expect((await client.answer(2)).result).toEqual({});
	client.close();
});

test("what was mended is counted by its kind, and warned of once for each child", async () => {
	const { repaired } = await serverStatus(bridge, "repaired");
	expect(repaired).toMatchObject({
		"leading-bytes": transports.length,
		"not-a-number": transports.length,
		"control-character": transports.length,
		"shared-line": transports.length,
		"several-lines": transports.length,
	});
	const labels = { server: "repaired", kind: "not-a-number" };
	expect(await metric(bridge, "messages_repaired_total", labels)).toBe(
		transports.length,
	);
	const warnings = bridge.log.filter((line) => line.includes("not-a-number"));
	expect(warnings).toHaveLength(1);
});

test("lines that are no message are in health and in the log, with what a terminal would obey as text", async () => {
	const answer = '{"jsonrpc":"2.0","id":$ID,"result":{}}\n';
	const text = `one\n\u001B[31mred\nlast words\n${answer}`;
	const response = await post(`${bridge.url}/servers/noise/mcp`, say(1, text));
	expect(await response.json()).toMatchObject({ result: {} });
	expect(await getJson(bridge, "/servers/noise/health")).toMatchObject({
		status: "ok",
		noiseLines: 3,
		lastNoiseLine: "last words",
	});
	await bridge.waitForLog(/skipped a line on stdout.*|"one"/);
	expect(bridge.log.join("")).not.toContain("\u001B[31m");
});

test("an answer under an id that was never given is nobody's, which log and health say", async () => {
	const client = await RawClient.connect(bridge, "foreign", "sse");
	await client.send(say(1, '{"jsonrpc":"2.0","id":0,"result":{}}\n'));
	await bridge.waitForLog(/"server":"foreign".*ids that it was not given/);
	const { dropped } = await getJson(bridge, "/servers/foreign/health");
	expect(dropped).toEqual({ "answer-under-unknown-id": 1 });
	client.close();
});
