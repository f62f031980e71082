import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	connect,
	dialects,
	type Json,
	type TransportName,
	transports,
} from "../harness/clients.ts";
import { type Message, RawClient } from "../harness/raw-http.ts";
import {
	type Bridge,
	childCount,
	fixture,
	startBridge,
} from "../harness/start-bridge.ts";

/** Many clients on one child: each gets what is its own, and the child hears of no client. */

const call = (
	id: string | number,
	name: string,
	args: Json = {},
	meta?: Json,
): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name, arguments: args, ...(meta && { _meta: meta }) },
});
const textOf = ({ result }: Message) =>
	(result as { content: [{ text: string }] } | undefined)?.content[0].text;

describe("200 clients on one child", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({ servers: { one: fixture("everything") } });
	});

	test("get their own answers and progress only, with the ids and tokens they gave", async () => {
		const clients = await Promise.all(
			Array.from({ length: 200 }, (_, index) =>
				RawClient.connect(
					bridge,
					"one",
					transports[index % 2] as TransportName,
				),
			),
		);
		// Every client uses the same ids, after the SDKs, and as numbers and as strings at the same time.
		const ids = [1, 2, "1", "2", 0, "0"];
		const label = (client: number, id: string | number) =>
			`${client}/${JSON.stringify(id)}`;
		await Promise.all(
			clients.map(async (client, index) => {
				// The answer to initialize had the id 0 too.
				client.received.length = 0;
				await Promise.all(
					ids.map((id) =>
						client.send(
							call(
								id,
								"progress",
								{ steps: 2, label: label(index, id) },
								{ progressToken: id },
							),
						),
					),
				);
				await Promise.all(ids.map((id) => client.answer(id)));
			}),
		);
		for (const [index, client] of clients.entries()) {
			const got = client.received.map((message) =>
				message.method === undefined
					? [message.id, textOf(message)]
					: [message.params?.progressToken, message.params?.message],
			);
			const expected = ids.flatMap((id) => [
				[id, `${label(index, id)} 1`],
				[id, `${label(index, id)} 2`],
				[id, `done ${label(index, id)} 2`],
			]);
			expect(got).toHaveLength(expected.length);
			expect(got).toEqual(expect.arrayContaining(expected));
			client.close();
		}
		await childCount(bridge, 1);
	});

	test("a cancellation ends the canceller's request, not another's with the same id", async () => {
		const [first, second, third] = await Promise.all(
			(["sse", "streamable", "sse"] as const).map((transport) =>
				RawClient.connect(bridge, "one", transport),
			),
		);
		if (!first || !second || !third) throw new Error("unreachable");
		for (const [client, name] of [
			[first, "first"],
			[second, "second"],
		] as const) {
			await client.send(call(7, "wait", { name }, { progressToken: 7 }));
			await client.waitFor(({ method }) => method === "notifications/progress");
		}
		const cancel: Message = {
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: 7, reason: "enough" },
		};
		// The third has no request 7, so its cancellation is nobody's.
		await third.send(cancel);
		await first.send(cancel);
		let id = 100;
		const waits = async () => JSON.parse(await third.text(id++, "waits"));
		await expect.poll(waits).toEqual({
			running: ["second"],
			cancellations: [{ name: "first", reason: "enough" }],
		});
		await third.text(2, "release", { name: "second" });
		expect(textOf(await second.answer(7))).toBe("released second");
		for (const client of [first, second, third]) client.close();
	});

	test("a question that the child asks all the same is refused at once, whoever is connected", async () => {
		const client = await RawClient.connect(bridge, "one", "sse");
		for (const name of ["sample", "elicit-form", "roots"]) {
			const { error } = await client.request(call(name, name));
			expect(error?.code).toBe(-32601);
		}
		expect(client.received.some(({ method }) => method !== undefined)).toBe(
			false,
		);
		client.close();
	});
});

describe("what names no request, on a shared child", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({ servers: { one: fixture("everything") } });
	});
	const methods = ({ received }: RawClient) =>
		received.flatMap(({ method }) => method ?? []);

	test("list_changed goes to everybody", async () => {
		const clients = await Promise.all(
			transports.map((transport) =>
				RawClient.connect(bridge, "one", transport, {
					listen: transport === "streamable",
				}),
			),
		);
		await clients[0]?.text(1, "change-lists");
		for (const client of clients)
			for (const list of ["tools", "resources", "prompts"])
				await client.waitFor(
					({ method }) => method === `notifications/${list}/list_changed`,
				);
		for (const client of clients) client.close();
	});

	test("an update of a resource goes to its subscribers, until they unsubscribe", async () => {
		const [first, second, third] = await Promise.all(
			(["sse", "streamable", "sse"] as const).map((transport) =>
				RawClient.connect(bridge, "one", transport, {
					listen: transport === "streamable",
				}),
			),
		);
		if (!first || !second || !third) throw new Error("unreachable");
		const uri = "fixture://text/5";
		const subscription = (id: string, method: string): Message => ({
			jsonrpc: "2.0",
			id,
			method: `resources/${method}`,
			params: { uri },
		});
		const updates = (client: RawClient) =>
			methods(client).filter(
				(method) => method === "notifications/resources/updated",
			).length;
		/** list_changed goes to everybody behind all that went before. */
		const settle = async (id: string) => {
			const seen = [first, second, third].map(
				(client) =>
					methods(client).filter((method) => method.endsWith("list_changed"))
						.length,
			);
			await third.text(id, "change-lists");
			for (const [index, client] of [first, second, third].entries())
				await client.waitFor(
					() =>
						methods(client).filter((method) => method.endsWith("list_changed"))
							.length ===
						(seen[index] ?? 0) + 3,
				);
		};
		await first.request(subscription("s1", "subscribe"));
		await second.request(subscription("s2", "subscribe"));
		await third.text("t1", "touch-resource", { uri });
		await settle("l1");
		expect([first, second, third].map(updates)).toEqual([1, 1, 0]);

		await first.request(subscription("u1", "unsubscribe"));
		expect(await third.text("t2", "touch-resource", { uri })).toBe(
			JSON.stringify([uri]),
		);
		await settle("l2");
		expect([first, second, third].map(updates)).toEqual([1, 2, 0]);

		await second.request(subscription("u2", "unsubscribe"));
		expect(await third.text("t3", "touch-resource", { uri })).toBe("[]");
		await settle("l3");
		expect([first, second, third].map(updates)).toEqual([1, 2, 0]);
		for (const client of [first, second, third]) client.close();
	});

	test("a log message goes to the one client with a request in flight, and to nobody where there are two", async () => {
		const first = await RawClient.connect(bridge, "one", "sse");
		const second = await RawClient.connect(bridge, "one", "sse");
		await first.text("l1", "log", { level: "error", data: "alone" });
		await first.waitFor(({ params }) => params?.data === "alone");

		await second.send(
			call("w", "wait", { name: "busy" }, { progressToken: "w" }),
		);
		await second.waitFor(({ method }) => method === "notifications/progress");
		await first.text("l2", "log", { level: "error", data: "secret" });
		await first.text("c", "change-lists");
		for (const client of [first, second]) {
			await client.waitFor(
				({ method }) => method === "notifications/prompts/list_changed",
			);
			expect(
				client.received.some(({ params }) => params?.data === "secret"),
			).toBe(false);
		}
		await first.text("r", "release", { name: "busy" });
		expect(second.received.some(({ params }) => params?.data === "alone")).toBe(
			false,
		);
		first.close();
		second.close();
	});
});

describe("what reaches the child", () => {
	const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-record-"));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	const file = (name: string) => path.join(folder, name);
	const lines = (name: string) =>
		existsSync(file(name))
			? readFileSync(file(name), "utf8").trimEnd().split("\n")
			: [];
	const recorded = (name: string): Message[] =>
		lines(name).map((line) => JSON.parse(line));
	const count = (name: string, method: string) =>
		recorded(name).filter((message) => message.method === method).length;
	const record = (name: string, more = {}) =>
		fixture("recorder", [], { env: { RECORD_FILE: file(name) }, ...more });

	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				handshake: record("handshake"),
				content: record("content"),
				order: record("order"),
				probe: record("probe"),
				shared: record("shared", { isolation: "shared" }),
				auto: record("auto-%p"),
				session: record("session-%p", { isolation: "session" }),
			},
		});
	});

	test("is one initialize and one initialized, however many clients there are", async () => {
		for (const dialect of [...dialects, ...dialects]) {
			const client = await connect(bridge, "handshake", dialect);
			await client.call("echo", { a: 1 });
			await client.request("ping");
			await client.close();
		}
		const methods = recorded("handshake").map(({ method }) => method);
		expect(methods.slice(0, 2)).toEqual([
			"initialize",
			"notifications/initialized",
		]);
		expect(new Set(methods.slice(2))).toEqual(new Set(["tools/call"]));
		expect(methods).toHaveLength(2 + 2 * dialects.length);
		expect(recorded("handshake")[0]?.params).toMatchObject({
			protocolVersion: "2025-11-25",
			capabilities: {},
			clientInfo: { name: expect.any(String), version: expect.any(String) },
		});
	});

	test.each(
		transports,
	)("is the params and _meta that the client sent, byte for byte, over %s", async (transport) => {
		const client = await RawClient.connect(bridge, "content", transport);
		const params = [
			`{"name":"echo","arguments":{"b":1,"a":[0,"0",null,true,-1.5,1e+30],"":"","é 🙂":"\\u0000\\n\\"\\\\"},"_meta":{"example.com/x":{"deep":[{}]},"traceparent":"00-1"},"unknown":{"kept":[]}}`,
			`{"name":"echo","arguments":{"__proto__":{"polluted":true},"constructor":{"prototype":1}}}`,
			`{}`,
		];
		for (const [index, text] of params.entries()) {
			const { result, error } = await client.request(
				Object.assign(
					JSON.parse(
						`{"jsonrpc":"2.0","id":"${transport} ${index}","method":"example.com/any","params":${text}}`,
					),
				),
			);
			expect(error).toBeUndefined();
			expect(result).toEqual({});
		}
		const got = lines("content").slice(-params.length);
		for (const [index, text] of params.entries())
			expect(got[index]).toContain(`"params":${text}`);
		expect(
			got.every((line) => JSON.parse(line).method === "example.com/any"),
		).toBe(true);
		client.close();
	});

	test.each(
		transports,
	)("is the _meta beside a progress token too, and a token that no other client has, over %s", async (transport) => {
		const clients = await Promise.all(
			[0, 1].map(() => RawClient.connect(bridge, "content", transport)),
		);
		const meta = {
			"example.com/a": [1],
			progressToken: 7,
			traceparent: "00",
		};
		for (const client of clients)
			await client.request(
				call(`meta-${transport}`, "meta", { transport }, meta),
			);
		const got = recorded("content")
			.filter(
				({ params }) =>
					(params?.arguments as Json | undefined)?.transport === transport,
			)
			.map(({ params }) => params?._meta as Json);
		expect(got).toHaveLength(2);
		for (const one of got)
			expect(one).toEqual({
				...meta,
				progressToken: expect.toSatisfy((token) =>
					["string", "number"].includes(typeof token),
				),
			});
		expect(got[0]?.progressToken).not.toBe(got[1]?.progressToken);
		for (const client of clients) client.close();
	});

	test.each(
		transports,
	)("a request without params stays without, over %s", async (transport) => {
		const client = await RawClient.connect(bridge, "content", transport);
		await client.request({
			jsonrpc: "2.0",
			id: 1,
			method: "example.com/bare",
		});
		const bare = recorded("content").findLast(
			({ method }) => method === "example.com/bare",
		);
		expect(Object.keys(bare ?? {}).sort()).toEqual(["id", "jsonrpc", "method"]);
		client.close();
	});

	test.each(
		transports,
	)("comes in the order in which it was accepted, over %s", async (transport) => {
		const client = await RawClient.connect(bridge, "order", transport);
		const numbers = Array.from({ length: 50 }, (_, index) => index);
		for (const number of numbers)
			expect(
				await client.send({
					jsonrpc: "2.0",
					method: "notifications/example.com/n",
					params: { transport, number },
				}),
			).toBe(202);
		await client.text("barrier", "echo");
		expect(
			recorded("order")
				.filter(({ params }) => params?.transport === transport)
				.map(({ params }) => params?.number),
		).toEqual(numbers);
		client.close();
	});

	test.each(transports)("is no server/discover, over %s", async (transport) => {
		const client = await RawClient.connect(bridge, "probe", transport);
		for (const params of [
			{},
			{
				_meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" },
			},
		]) {
			await client.send({
				jsonrpc: "2.0",
				id: 1,
				method: "server/discover",
				params,
			});
			client.refusals.length = 0;
		}
		await client.text(2, "echo");
		expect(count("probe", "server/discover")).toBe(0);
		client.close();
	});

	const able = {
		capabilities: {
			roots: { listChanged: true },
			sampling: {},
			elicitation: {},
		},
		answers: {
			"roots/list": () => ({ roots: [{ uri: "file:///secret/of/a/client" }] }),
		},
	};

	test.each(
		dialects,
	)("is nothing of a client's roots where the child is shared by all ($sdk, $transport)", async (dialect) => {
		const client = await connect(bridge, "shared", { ...dialect, ...able });
		await client.notify("notifications/roots/list_changed");
		await client.call("echo");
		expect(lines("shared").join("\n")).not.toMatch(/roots|sampling|elicit/);
		expect(count("shared", "initialize")).toBe(1);
		await client.close();
	});

	test("a client that declares roots gets a child of its own, opened with just its capabilities", async () => {
		const plain = await connect(bridge, "auto", { sdk: "v1" });
		await plain.call("echo", { from: "plain" });
		const rooted = await connect(bridge, "auto", { sdk: "v1", ...able });
		await rooted.notify("notifications/roots/list_changed");
		await rooted.call("echo", { from: "rooted" });
		const records = readdirSync(folder)
			.filter((name) => name.startsWith("auto-"))
			.map((name) => lines(name).join("\n"));
		const ofPlain = records.filter((text) => text.includes('"plain"'));
		const ofRooted = records.filter((text) => text.includes('"rooted"'));
		expect([ofPlain.length, ofRooted.length]).toEqual([1, 1]);
		expect(ofPlain[0]).not.toMatch(/roots|sampling|elicit|rooted/);
		const [initialize] = (ofRooted[0] as string).split("\n");
		expect(JSON.parse(initialize as string).params.capabilities).toEqual(
			able.capabilities,
		);
		expect(ofRooted[0]).toContain("notifications/roots/list_changed");
		await Promise.all([plain.close(), rooted.close()]);
	});

	test("with isolation 'session' every client has a child of its own", async () => {
		const clients = await Promise.all(
			dialects.map((dialect) => connect(bridge, "session", dialect)),
		);
		await Promise.all(
			clients.map((client, index) => client.call("echo", { index })),
		);
		const records = readdirSync(folder)
			.filter((name) => name.startsWith("session-"))
			.map((name) =>
				recorded(name)
					.filter(({ method }) => method === "tools/call")
					.map(({ params }) => (params as { arguments: Json }).arguments.index),
			);
		expect(records.filter((calls) => calls.length > 0).sort()).toEqual([
			[0],
			[1],
			[2],
			[3],
		]);
		await Promise.all(clients.map((client) => client.close()));
	});
});
