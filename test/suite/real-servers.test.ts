import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, dialects } from "../harness/clients.ts";
import {
	type Bridge,
	installed,
	startBridge,
} from "../harness/start-bridge.ts";

/** The three servers of npm that everybody has. */

const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-files-"));
const operators = path.join(folder, "operators");
const clients = path.join(folder, "clients");
let bridge: Bridge;

beforeAll(async () => {
	for (const directory of [operators, clients]) {
		mkdirSync(directory);
		writeFileSync(path.join(directory, "hello.txt"), `hello from ${directory}`);
	}
	bridge = await startBridge({
		servers: {
			everything: installed("mcp-server-everything", ["stdio"]),
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
