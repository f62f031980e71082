import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, transports } from "../harness/clients.ts";
import { eventually } from "../harness/processes.ts";
import {
	initializedNotification,
	initializeRequest,
	type Message,
	RawClient,
} from "../harness/raw-http.ts";
import {
	type Bridge,
	fixture,
	type ServerInput,
	startBridge,
} from "../harness/start-bridge.ts";

/**
 * No client can make a server say 'Received request before initialization was complete', whatever it does,
 * nor break another client's server: each way that real clients do it, against a server as strict as each SDK.
 */

const modes = ["python-1.9", "python-1.13", "go", "rust"];
/** One server per test: the handshake of its child is the test's own. */
const triggers = [
	"no-initialize",
	"reconnect",
	"second-client",
	"no-initialized",
	"before-initialized",
	"before-answer",
	"concurrent-posts",
	"set-level",
	"ping-first",
	"initialize-twice",
	"initialized-first",
	"initialized-twice",
	"discover",
	"many-at-once",
	"sdk",
] as const;

const list = (id: string | number): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/list",
});
const echo = (id: string | number, message = "hello"): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name: "echo", arguments: { message } },
});
const ping = (id: string | number): Message => ({
	jsonrpc: "2.0",
	id,
	method: "ping",
});
const setLevel = (id: string | number): Message => ({
	jsonrpc: "2.0",
	id,
	method: "logging/setLevel",
	params: { level: "info" },
});

describe.each(modes)("a server as strict as %s", (mode) => {
	let bridge: Bridge;
	/** Beside the bridge's folder, which it watches. */
	const at = (name: string) =>
		path.join(tmpdir(), `mcp-edge-bridge-${process.pid}-${mode}-${name}`);
	const nameOf = (trigger: string, transport: string) =>
		`${trigger}-${transport}`;
	const names = triggers.flatMap((trigger) =>
		transports.map((transport) => nameOf(trigger, transport)),
	);

	beforeAll(async () => {
		const servers: Record<string, ServerInput> = {};
		for (const name of names)
			servers[name] = fixture("strict", [mode], {
				env: {
					VIOLATIONS_FILE: at(`${name}.violations`),
					HOLD_FILE: at(`${name}.hold`),
					HELD_FILE: at(`${name}.held`),
				},
			});
		bridge = await startBridge({ servers });
	});
	afterAll(async () => {
		await bridge?.stop();
		for (const name of names)
			for (const kind of ["violations", "hold", "held"])
				rmSync(at(`${name}.${kind}`), { force: true });
	});

	/** A well-behaved client is served, and the server has nothing to complain of. */
	async function expectUnharmed(server: string): Promise<void> {
		const client = await RawClient.connect(bridge, server, "streamable");
		expect((await client.request(list(1))).result?.tools).toHaveLength(3);
		expect(await client.text(2, "echo", { message: "é" })).toBe("é");
		expect(await client.text(3, "violations")).toBe("[]");
		const file = at(`${server}.violations`);
		expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe("");
	}

	/** Holds the child in the middle of its handshake; `release` lets it go on. */
	function hold(server: string): {
		held: () => Promise<unknown>;
		release: () => void;
	} {
		const file = at(`${server}.hold`);
		writeFileSync(file, "");
		return {
			held: () =>
				eventually(
					() => existsSync(at(`${server}.held`)),
					`the child of ${server} in the middle of its handshake`,
				),
			release: () => rmSync(file),
		};
	}

	describe.each(transports)("over %s", (transport) => {
		const open = (trigger: (typeof triggers)[number]) =>
			RawClient.open(bridge, nameOf(trigger, transport), transport);

		test("a second client initializes while the first works", async () => {
			const server = nameOf("second-client", transport);
			const first = await RawClient.connect(bridge, server, transport);
			expect((await first.request(list(1))).result?.tools).toHaveLength(3);
			const second = await open("second-client");
			expect((await second.initialize()).result).toBeDefined();
			expect(await first.text(2, "echo", { message: "a" })).toBe("a");
			await second.send(initializedNotification);
			expect(await second.text(1, "echo", { message: "b" })).toBe("b");
			expect(await first.text(3, "echo", { message: "c" })).toBe("c");
			await expectUnharmed(server);
			first.close();
			second.close();
		});

		test("a client never sends notifications/initialized", async () => {
			const client = await open("no-initialized");
			await client.initialize();
			expect((await client.request(list(1))).result?.tools).toHaveLength(3);
			expect(await client.text(2, "echo", { message: "x" })).toBe("x");
			await expectUnharmed(nameOf("no-initialized", transport));
			client.close();
		});

		test("requests come before notifications/initialized", async () => {
			const client = await open("before-initialized");
			await client.initialize();
			await Promise.all([
				client.send(list(1)),
				client.send(echo(2)),
				client.send(ping(3)),
				client.send(initializedNotification),
				client.send(echo(4)),
			]);
			for (const id of [1, 2, 3, 4])
				expect((await client.answer(id)).result).toBeDefined();
			await expectUnharmed(nameOf("before-initialized", transport));
			client.close();
		});

		test("logging/setLevel comes before notifications/initialized", async () => {
			const client = await open("set-level");
			await client.initialize();
			await Promise.all([
				client.send(setLevel(1)),
				client.send(initializedNotification),
			]);
			await client.answer(1);
			await expectUnharmed(nameOf("set-level", transport));
			client.close();
		});

		test("messages come while the server is still in its handshake", async () => {
			const server = nameOf("before-answer", transport);
			const { held, release } = hold(server);
			const client = await open("before-answer");
			const sent = [client.send(initializeRequest())];
			await held();
			// Over SSE they belong to the session; over Streamable HTTP there is none yet.
			sent.push(
				client.send(list(1)),
				client.send(ping(2)),
				client.send(setLevel(3)),
				client.send(initializedNotification),
				client.send(echo(4)),
			);
			if (transport === "sse")
				expect(await Promise.all(sent)).toEqual(Array(6).fill(202));
			release();
			await Promise.all(sent);
			if (transport === "sse") {
				for (const id of [0, 1, 2, 4])
					expect((await client.answer(id)).result).toBeDefined();
				await client.answer(3);
			} else
				await eventually(
					() => client.received.some(({ id }) => id === 0),
					"the answer to initialize",
				);
			await expectUnharmed(server);
			client.close();
		});

		test("ping comes before initialize", async () => {
			const client = await open("ping-first");
			await client.send(ping(1));
			if (transport === "sse")
				expect((await client.answer(1)).result).toEqual({});
			await client.initialize();
			await client.send(initializedNotification);
			expect((await client.request(ping(2))).result).toEqual({});
			await expectUnharmed(nameOf("ping-first", transport));
			client.close();
		});

		test("requests come without any initialize", async () => {
			const client = await open("no-initialize");
			await Promise.all([client.send(list(1)), client.send(echo(2))]);
			if (transport === "sse") {
				expect((await client.answer(1)).result?.tools).toHaveLength(3);
				expect((await client.answer(2)).result).toBeDefined();
			}
			await expectUnharmed(nameOf("no-initialize", transport));
			client.close();
		});

		test("a client initializes its session twice", async () => {
			const client = await open("initialize-twice");
			await client.initialize();
			await client.send(initializedNotification);
			expect((await client.request(list(1))).result?.tools).toHaveLength(3);
			const again = await client.initialize("2025-06-18", {}, "again");
			expect(again.result?.serverInfo).toMatchObject({
				name: `strict-${mode}`,
			});
			await client.send(initializedNotification);
			expect((await client.request(list(2))).result?.tools).toHaveLength(3);
			await expectUnharmed(nameOf("initialize-twice", transport));
			client.close();
		});

		test("notifications/initialized comes before initialize", async () => {
			const client = await open("initialized-first");
			await client.send(initializedNotification);
			// Over Streamable HTTP that had no session, and may have been refused.
			client.refusals.length = 0;
			await client.initialize();
			expect((await client.request(list(1))).result?.tools).toHaveLength(3);
			await expectUnharmed(nameOf("initialized-first", transport));
			client.close();
		});

		test("notifications/initialized comes twice", async () => {
			const client = await open("initialized-twice");
			await client.initialize();
			for (let times = 0; times < 2; times++)
				await client.send(initializedNotification);
			expect((await client.request(list(1))).result?.tools).toHaveLength(3);
			await expectUnharmed(nameOf("initialized-twice", transport));
			client.close();
		});

		test("server/discover comes first, as a probe", async () => {
			const client = await open("discover");
			await client.send({
				jsonrpc: "2.0",
				id: "probe",
				method: "server/discover",
				params: {
					_meta: {
						"io.modelcontextprotocol/protocolVersion": "2026-07-28",
						"io.modelcontextprotocol/clientInfo": { name: "m", version: "1" },
						"io.modelcontextprotocol/clientCapabilities": {},
					},
				},
			});
			client.refusals.length = 0;
			await client.initialize();
			await client.send(initializedNotification);
			expect((await client.request(list(1))).result?.tools).toHaveLength(3);
			await expectUnharmed(nameOf("discover", transport));
			client.close();
		});

		test("ten clients do all of it at the same time", async () => {
			const server = nameOf("many-at-once", transport);
			const clients = await Promise.all(
				Array.from({ length: 10 }, () => open("many-at-once")),
			);
			await Promise.all(
				clients.map(async (client, index) => {
					await client.initialize();
					await Promise.all([
						client.send(list(1)),
						client.send(initializedNotification),
						client.send(echo(2, String(index))),
					]);
					expect((await client.answer(1)).result?.tools).toHaveLength(3);
					expect((await client.answer(2)).result?.content).toEqual([
						{ type: "text", text: String(index) },
					]);
				}),
			);
			await expectUnharmed(server);
			for (const client of clients) client.close();
		});

		test("the SDK's own clients connect one after the other", async () => {
			const server = nameOf("sdk", transport);
			for (const sdk of ["v1", "v2", "v1"] as const) {
				const client = await connect(bridge, server, { sdk, transport });
				expect((await client.client.listTools()).tools).toHaveLength(3);
				expect(await client.text("echo", { message: sdk })).toBe(sdk);
				await client.close();
			}
			await expectUnharmed(server);
		});
	});

	test("an SSE client whose stream broke goes on at the new endpoint without initialize", async () => {
		const server = nameOf("reconnect", "sse");
		const before = await RawClient.connect(bridge, server, "sse");
		expect((await before.request(list(1))).result?.tools).toHaveLength(3);
		before.close();
		const after = await RawClient.open(bridge, server, "sse");
		expect((await after.request(list(2))).result?.tools).toHaveLength(3);
		expect(await after.text(3, "echo", { message: "again" })).toBe("again");
		await expectUnharmed(server);
		after.close();
	});

	test("a Streamable HTTP client whose GET stream broke goes on", async () => {
		const server = nameOf("reconnect", "streamable");
		const client = await RawClient.connect(bridge, server, "streamable", {
			listen: true,
		});
		client.stream?.close();
		await client.stream?.ended;
		expect((await client.request(list(2))).result?.tools).toHaveLength(3);
		await client.listen();
		expect(await client.text(3, "echo", { message: "again" })).toBe("again");
		await expectUnharmed(server);
		client.close();
	});

	test("POSTs sent at once right behind the 202 of initialize are in time", async () => {
		const server = nameOf("concurrent-posts", "sse");
		const client = await RawClient.open(bridge, server, "sse");
		expect(await client.send(initializeRequest())).toBe(202);
		const ids = Array.from({ length: 20 }, (_, index) => index + 1);
		await Promise.all([
			client.send(initializedNotification),
			...ids.map((id) => client.send(echo(id, String(id)))),
		]);
		expect((await client.answer(0)).result).toBeDefined();
		for (const id of ids)
			expect((await client.answer(id)).result?.content).toEqual([
				{ type: "text", text: String(id) },
			]);
		await expectUnharmed(server);
		client.close();
	});

	test("POSTs sent at once right behind the answer to initialize are in time", async () => {
		const server = nameOf("concurrent-posts", "streamable");
		const client = await RawClient.open(bridge, server, "streamable");
		await client.initialize();
		const ids = Array.from({ length: 20 }, (_, index) => index + 1);
		await Promise.all([
			...ids.map((id) => client.send(echo(id, String(id)))),
			client.send(initializedNotification),
		]);
		for (const id of ids)
			expect((await client.answer(id)).result?.content).toEqual([
				{ type: "text", text: String(id) },
			]);
		await expectUnharmed(server);
		client.close();
	});
});
