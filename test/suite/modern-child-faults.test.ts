import { beforeAll, describe, expect, test } from "vitest";
import { type Json, transports } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { call } from "../harness/questions.ts";
import { type Message, RawClient } from "../harness/raw-http.ts";
import { recorded, recordedOnce, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { serverStatus, textOf } from "../harness/status.ts";

/** Modern children that do what their revision forbids, or die, for clients of both eras. */

const file = scratch();
const record = file("record");
const tool = "tools/call";

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: { raw: recording("modern-raw", record, { protocol: "modern" }) },
	});
});

/** One call, and all that came for it. */
type Ask = (
	name: string,
	args?: Json,
) => Promise<{
	answer: Message;
	others: Message[];
}>;
const clients: [who: string, connect: () => Promise<Ask>][] = [
	[
		"a modern client",
		async () => async (name, args) => {
			const { response, notifications } = await new ModernClient(
				bridge,
				"raw",
			).request(tool, call(name, args));
			return { answer: response, others: notifications };
		},
	],
	...transports.map((transport): [string, () => Promise<Ask>] => [
		`a legacy client over ${transport}`,
		async () => {
			const client = await RawClient.connect(bridge, "raw", transport);
			let id = 0;
			return async (name, args) => {
				client.received.length = 0;
				const answer = await client.request({
					jsonrpc: "2.0",
					id: ++id,
					method: tool,
					params: call(name, args),
				});
				return {
					answer,
					others: client.received.filter((message) => message !== answer),
				};
			};
		},
	]),
];
const dropped = async (kind: string) =>
	(await serverStatus(bridge, "raw")).dropped[kind] ?? 0;

describe.each(clients)("for %s a modern child", (_who, connect) => {
	test("that asks by a request is told that it must not, and nobody is asked", async () => {
		const ask = await connect();
		const before = await dropped("question-of-modern-child");
		const { answer, others } = await ask("question");
		expect(JSON.parse(textOf(answer))).toMatchObject({
			error: {
				code: -32601,
				message: expect.stringContaining("input_required"),
			},
		});
		expect(others).toEqual([]);
		expect(await dropped("question-of-modern-child")).toBe(before + 1);
	});

	test("that answers twice has its first answer count", async () => {
		const ask = await connect();
		const before = await dropped("answer-nobody-waits-for");
		const { answer } = await ask("say", { double: true });
		expect(textOf(answer)).toBe("first");
		// Both answers are read before the answer to another call.
		const { others } = await ask("pid");
		expect(others).toEqual([]);
		expect(await dropped("answer-nobody-waits-for")).toBe(before + 1);
	});

	test("that dies during a call: it is an error that says so, and the next call is served", async () => {
		const ask = await connect();
		const pid = textOf((await ask("pid")).answer);
		const { answer } = await ask("crash");
		expect(answer.error).toMatchObject({
			message: expect.stringContaining("exited with code 3"),
			data: { code: "CHILD_EXITED", exitCode: 3 },
		});
		const next = textOf((await ask("pid")).answer);
		expect(next).not.toBe(pid);
	});
});

test("a modern client gets the errors of the bridge with codes that its revision leaves free", async () => {
	const { response, status } = await new ModernClient(bridge, "raw").request(
		tool,
		call("crash"),
	);
	expect(status).toBe(200);
	expect(response.error?.code).toBe(-32603);
});

test("a result of a kind that the bridge does not know passes to a modern client, and is an error for a legacy one", async () => {
	const params = call("say", { resultType: "example/later" });
	const result = await new ModernClient(bridge, "raw").result(tool, params);
	expect(result.resultType).toBe("example/later");

	const legacy = await RawClient.connect(bridge, "raw", "sse");
	const answer = await legacy.request({
		jsonrpc: "2.0",
		id: 1,
		method: tool,
		params,
	});
	expect(answer.error?.message).toContain("example/later");
	legacy.close();
});

test("a modern child is told who asks with every request, and that is all of the client's that it sees", async () => {
	const legacy = await RawClient.connect(bridge, "raw", "streamable", {
		capabilities: { sampling: {}, "example.com/x": { a: 1 } },
	});
	await legacy.request({
		jsonrpc: "2.0",
		id: 1,
		method: tool,
		params: {
			...call("pid", { who: "legacy" }),
			_meta: { "example.com/t": 1 },
		},
	});
	const modern = new ModernClient(bridge, "raw", {
		capabilities: { roots: {} },
		clientInfo: { name: "modern", version: "2" },
	});
	await modern.text("pid", { who: "modern" });
	const metaOf = async (who: string) => {
		const { message } = await recordedOnce(
			record,
			({ params }) => (params?.arguments as Json)?.who === who,
		);
		return message.params?._meta;
	};
	const key = (name: string) => `io.modelcontextprotocol/${name}`;
	expect(await metaOf("legacy")).toEqual({
		"example.com/t": 1,
		[key("protocolVersion")]: "2026-07-28",
		[key("clientCapabilities")]: {
			sampling: {},
			"example.com/x": { a: 1 },
		},
		[key("clientInfo")]: { name: "raw", version: "0.0.1" },
		[key("logLevel")]: "info",
	});
	expect(await metaOf("modern")).toEqual({
		[key("protocolVersion")]: "2026-07-28",
		[key("clientCapabilities")]: { roots: {} },
		[key("clientInfo")]: { name: "modern", version: "2" },
	});
	const methods = new Set(
		recorded(record).map(({ message }) => message.method),
	);
	for (const method of ["initialize", "notifications/initialized", "ping"])
		expect(methods).not.toContain(method);
	legacy.close();
});
