import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	connect,
	connectDirect,
	dialects,
	type Json,
	transports,
} from "../harness/clients.ts";
import { eventually } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import {
	type Bridge,
	installed,
	startBridge,
} from "../harness/start-bridge.ts";
import { serverStatus, sharedPid } from "../harness/status.ts";

/** The three servers of npm that everybody has. */

const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-files-"));
const operators = path.join(folder, "operators");
const clients = path.join(folder, "clients");
const everything = installed("mcp-server-everything", ["stdio"]);
const longRunning = "trigger-long-running-operation";
let bridge: Bridge;

beforeAll(async () => {
	for (const directory of [operators, clients]) {
		mkdirSync(directory);
		writeFileSync(path.join(directory, "hello.txt"), `hello from ${directory}`);
	}
	bridge = await startBridge({
		servers: {
			everything,
			// What a client switches on and off is its own child's.
			"everything-own": { ...everything, isolation: "session" },
			filesystem: installed("mcp-server-filesystem", [operators]),
			memory: installed("mcp-server-memory", [], {
				env: { MEMORY_FILE_PATH: path.join(folder, "memory.jsonl") },
				isolation: "shared",
				concurrency: 1,
			}),
		},
	});
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(dialects)("SDK $sdk over $transport", (dialect) => {
	test("server-everything: tools, resources, prompts and completions", async () => {
		const client = await connect(bridge, "everything", dialect);
		const { tools } = await client.client.listTools();
		expect(tools.length).toBeGreaterThanOrEqual(13);
		expect(await client.text("echo", { message: "hi" })).toBe("Echo: hi");
		expect(await client.text("get-sum", { a: 2, b: 3 })).toContain("5");
		const { resources } = await client.client.listResources();
		const uri = resources[0]?.uri ?? "";
		const { contents } = await client.client.readResource({ uri });
		expect(contents[0]?.uri).toBe(uri);
		const { messages } = await client.client.getPrompt({
			name: "simple-prompt",
		});
		expect(messages.length).toBeGreaterThan(0);
		const { completion } = await client.client.complete({
			ref: { type: "ref/prompt", name: "completable-prompt" },
			argument: { name: "department", value: "E" },
		});
		expect(completion.values).toContain("Engineering");
		await client.close();
	});

	test("server-everything: a tool that samples, for a client that can", async () => {
		const client = await connect(bridge, "everything", {
			...dialect,
			capabilities: { sampling: {} },
			answers: {
				"sampling/createMessage": () => ({
					role: "assistant",
					model: "m",
					content: { type: "text", text: "sampled by the client" },
				}),
			},
		});
		expect(
			await client.text("trigger-sampling-request", {
				prompt: "p",
				maxTokens: 10,
			}),
		).toContain("sampled by the client");
		await client.close();
	});

	test("server-everything: its initialize result is the one over stdio", async () => {
		const [client, direct] = await Promise.all([
			connect(bridge, "everything", dialect),
			connectDirect(everything),
		]);
		const identity = client.client.getServerVersion();
		expect(identity?.title).toBe("Everything Reference Server");
		expect(identity).toEqual(direct.client.getServerVersion());
		expect(client.client.getInstructions()).toMatch(/\S/);
		expect(client.client.getInstructions()).toBe(
			direct.client.getInstructions(),
		);
		expect(client.client.getServerCapabilities()).toEqual(
			direct.client.getServerCapabilities(),
		);
		await Promise.all([client.close(), direct.close()]);
	});

	test("server-everything: resource templates, and a resource of each", async () => {
		const client = await connect(bridge, "everything", dialect);
		const { resourceTemplates } = await client.client.listResourceTemplates();
		expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
			"demo://resource/dynamic/text/{resourceId}",
			"demo://resource/dynamic/blob/{resourceId}",
		]);
		for (const [kind, member] of [
			["text", "text"],
			["blob", "blob"],
		]) {
			const uri = `demo://resource/dynamic/${kind}/7`;
			const { contents } = await client.client.readResource({ uri });
			expect(contents).toEqual([
				{
					uri,
					mimeType: "text/plain",
					[member as string]: expect.stringMatching(/./),
				},
			]);
		}
		const refused = client.client.readResource({
			uri: "demo://resource/dynamic/text/none",
		});
		await expect(refused).rejects.toThrow("Unknown resource");
		await client.close();
	});

	test("server-everything: progress of a long call, then its result", async () => {
		const client = await connect(bridge, "everything", dialect);
		const seen: Json[] = [];
		const text = await client.text(
			longRunning,
			{ duration: 0.6, steps: 3 },
			{ onprogress: (progress) => seen.push(progress) },
		);
		expect(text).toContain("Steps: 3");
		// The SDK forgets a call's progress with its answer, which comes right behind the last.
		expect(seen.length).toBeGreaterThanOrEqual(1);
		expect(seen).toEqual(
			[1, 2, 3]
				.slice(0, seen.length)
				.map((step) => ({ progress: step, total: 3 })),
		);
		await client.close();
	});

	test("server-everything: a cancelled call is over at once, and its process answers on", async () => {
		const client = await connect(bridge, "everything", dialect);
		const before = await sharedPid(bridge, "everything");
		expect(before).toBeDefined();
		const inFlight = async () =>
			(await serverStatus(bridge, "everything")).shared?.inFlight;
		const abort = new AbortController();
		let onprogress = () => {};
		const progressed = new Promise<void>((resolve) => {
			onprogress = resolve;
		});
		const call = client.text(
			longRunning,
			{ duration: 20, steps: 100 },
			{ onprogress: () => onprogress(), signal: abort.signal },
		);
		await Promise.race([progressed, call]);
		expect(await inFlight()).toBe(1);
		abort.abort("no longer needed");
		await expect(call).rejects.toThrow("no longer needed");
		// Long before it would have ended by itself.
		await eventually(
			async () => (await inFlight()) === 0,
			"the end of the cancelled call",
			10_000,
		);
		expect(await client.text("echo", { message: "on" })).toBe("Echo: on");
		expect(await sharedPid(bridge, "everything")).toBe(before);
		await client.close();
	});

	test("server-everything: log messages from the level that the client set", async () => {
		const client = await connect(bridge, "everything-own", dialect);
		const uri = "demo://resource/dynamic/text/1";
		// The server logs both at level info, before it answers.
		await client.request("logging/setLevel", { level: "error" });
		await client.request("resources/subscribe", { uri });
		await client.request("logging/setLevel", { level: "info" });
		await client.request("resources/unsubscribe", { uri });
		const { params } = await client.notified("notifications/message");
		expect(params).toMatchObject({
			level: "info",
			data: expect.stringContaining(`Unsubscribe Resource request: ${uri}`),
		});
		await client.close();
	});

	test("server-everything: updates of the resources subscribed to, and of no other", async () => {
		const client = await connect(bridge, "everything-own", dialect);
		const uriOf = (id: number) => `demo://resource/dynamic/text/${id}`;
		for (const id of [1, 2])
			expect(
				await client.request("resources/subscribe", { uri: uriOf(id) }),
			).toEqual({});
		expect(
			await client.request("resources/unsubscribe", { uri: uriOf(1) }),
		).toEqual({});
		// Sends the first updates right away, in the order of the subscriptions.
		await client.call("toggle-subscriber-updates");
		const { params } = await client.notified("notifications/resources/updated");
		expect(params).toEqual({ uri: uriOf(2) });
		await client.close();
	});

	test("server-everything: tools for a client that can be asked, and what they ask", async () => {
		const asked: Json[] = [];
		const roots = [{ uri: "file:///srv/first", name: "First" }];
		const client = await connect(bridge, "everything", {
			...dialect,
			capabilities: { elicitation: { form: {} }, roots: { listChanged: true } },
			answers: {
				"roots/list": () => ({ roots }),
				"elicitation/create": (params) => {
					asked.push(params);
					return { action: "accept", content: { name: "Ada", integer: 7 } };
				},
			},
		});
		// It has them only after the handshake, and says so.
		await client.notified("notifications/tools/list_changed");
		const { tools } = await client.client.listTools();
		expect(tools.map(({ name }) => name)).toEqual(
			expect.arrayContaining(["get-roots-list", "trigger-elicitation-request"]),
		);

		const { content } = (await client.call("trigger-elicitation-request")) as {
			content: { text: string }[];
		};
		const text = content.map((block) => block.text).join("\n");
		expect(text).toContain("- Name: Ada\n- Favorite Integer: 7");
		expect(asked).toHaveLength(1);
		expect(asked[0]).toMatchObject({
			message: expect.stringContaining("Please provide inputs"),
			requestedSchema: { type: "object", required: ["name"] },
		});

		expect(await client.text("get-roots-list")).toContain(
			"1. First\n   URI: file:///srv/first",
		);
		roots.push({ uri: "file:///srv/second", name: "Second" });
		await client.notify("notifications/roots/list_changed");
		// The server asks for the new ones in its own time.
		await expect
			.poll(() => client.text("get-roots-list"), { timeout: 15_000 })
			.toContain("2. Second\n   URI: file:///srv/second");
		await client.close();
	});

	test("server-filesystem: reads what it may, and nothing else", async () => {
		const client = await connect(bridge, "filesystem", dialect);
		const file = path.join(operators, "hello.txt");
		expect(await client.text("read_text_file", { path: file })).toBe(
			`hello from ${operators}`,
		);
		const denied = await client.call("read_text_file", { path: "/etc/passwd" });
		expect(denied.isError).toBe(true);
		await client.close();
	});

	test("server-filesystem: a client's roots are its own, and open nothing to the others", async () => {
		const rooted = await connect(bridge, "filesystem", {
			...dialect,
			capabilities: { roots: {} },
			answers: {
				"roots/list": () => ({
					roots: [{ uri: pathToFileURL(clients).href, name: "mine" }],
				}),
			},
		});
		const plain = await connect(bridge, "filesystem", dialect);
		// The server takes the roots after its handshake, in its own time.
		await expect
			.poll(() => rooted.text("list_allowed_directories"), { timeout: 15_000 })
			.toContain(clients);
		expect(await rooted.text("list_allowed_directories")).not.toContain(
			operators,
		);
		const allowed = await plain.text("list_allowed_directories");
		expect(allowed).toContain(operators);
		expect(allowed).not.toContain(clients);
		await Promise.all([rooted.close(), plain.close()]);
	});

	test("server-memory: with concurrency 1 no concurrent write is lost", async () => {
		const client = await connect(bridge, "memory", dialect);
		const prefix = `${dialect.sdk}-${dialect.transport}`;
		await Promise.all(
			Array.from({ length: 20 }, (_, index) =>
				client.call("create_entities", {
					entities: [
						{
							name: `${prefix}-${index}`,
							entityType: prefix,
							observations: [],
						},
					],
				}),
			),
		);
		const { structuredContent } = await client.call("search_nodes", {
			query: prefix,
		});
		expect((structuredContent as { entities: [] }).entities).toHaveLength(20);
		await client.close();
	});
});

test.each(
	transports,
)("server-everything over %s: every progress arrives under the client's token, in order, before the result", async (transport) => {
	const client = await RawClient.connect(bridge, "everything", transport);
	client.received.length = 0;
	await client.request({
		jsonrpc: "2.0",
		id: 1,
		method: "tools/call",
		params: {
			name: longRunning,
			arguments: { duration: 0.3, steps: 3 },
			_meta: { progressToken: "mine" },
		},
	});
	// A child that has just started says that its tools changed, too.
	const received = client.received.filter(
		({ method }) => !method?.endsWith("/list_changed"),
	);
	expect(received).toEqual([
		...[1, 2, 3].map((progress) => ({
			jsonrpc: "2.0",
			method: "notifications/progress",
			params: { progress, total: 3, progressToken: "mine" },
		})),
		{ jsonrpc: "2.0", id: 1, result: expect.anything() },
	]);
	client.close();
});

test.each(
	transports,
)("server-everything over %s: hears of a cancellation, and answers that call no more", async (transport) => {
	const client = await RawClient.connect(bridge, "everything", transport);
	const unexpected = async () =>
		(await serverStatus(bridge, "everything")).dropped[
			"answer-nobody-waits-for"
		] ?? 0;
	const before = await unexpected();
	const operation = { duration: 1, steps: 5 };
	await client.send({
		jsonrpc: "2.0",
		id: 1,
		method: "tools/call",
		params: {
			name: longRunning,
			arguments: operation,
			_meta: { progressToken: 1 },
		},
	});
	await client.waitFor(({ method }) => method === "notifications/progress");
	await client.send({
		jsonrpc: "2.0",
		method: "notifications/cancelled",
		params: { requestId: 1 },
	});
	// Takes as long and began later: when it ends, the other has run to its end too.
	expect(await client.text(2, longRunning, operation)).toContain("Steps: 5");
	expect(await unexpected()).toBe(before);
	client.close();
});
