import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { preparePython } from "../harness/prepare-python.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { type PythonClient, runClient } from "./run-client.ts";

const revision = "2026-07-28";
const connections = ["legacy", "modern"].flatMap((server) =>
	["auto", revision].map((mode) => ({ server, mode })),
);
const servers = {
	legacy: fixture("everything", [], { warm: 1 }),
	modern: fixture("everything-modern", [], { warm: 1 }),
};
const person = { action: "accept", content: { name: "Ada", age: 36 } };
const model = {
	role: "assistant",
	content: { type: "text", text: "Hello" },
	model: "test-model",
};
const uri = "fixture://text/1";

/** What the client has to see of each feature. */
const features: [feature: string, seen: unknown][] = [
	[
		"lists",
		{
			tools: expect.arrayContaining(["echo", "add", "exit"]),
			resources: [...Array(9).keys()]
				.map((index) => `text-${index + 1}`)
				.concat("pixel"),
			templates: ["item", "user", "order", "page", "file"],
			prompts: ["greet", "review", "explain", "translate", "summarize", "test"],
		},
	],
	[
		"tools",
		{
			echo: "é, 漢, 🙂",
			content: ["text", "image", "audio", "resource", "resource_link"],
		},
	],
	[
		"errors",
		{
			failed: [true, "oh"],
			"unknown tool": -32602,
			refused: { code: 4242, data: { why: [1] } },
			"unknown resource": { code: -32602, data: { uri: "nowhere:1" } },
		},
	],
	["resources", ["text 1", "user größe 漢", "image/png"]],
	["prompts", ["greet Ada formal"]],
	["completion", ["formal", "friendly", "french"]],
	["progress", [1, 2, 3].map((step) => [step, 3, `step ${step}`])],
	["cancellation", { "was running": true, "is running": false }],
	[
		"logging",
		[
			["warning", "warning", "l"],
			["error", "error", "l"],
		],
	],
	[
		"questions",
		{
			asked: ["form Who?", "url https://example.com/", "sampling 50", "roots"],
			answers: [
				person,
				{ action: "accept" },
				model,
				{ roots: [{ uri: "file:///home/ada", name: "home" }] },
			],
		},
	],
	["several_rounds", { user: person, model }],
	[
		"undeclared_question",
		{ code: -32021, data: { requiredCapabilities: { roots: {} } } },
	],
	[
		"subscriptions",
		{
			honored: { toolsListChanged: true, resourceSubscriptions: [uri] },
			events: [`ResourceUpdated ${uri}`, "ToolsListChanged"],
		},
	],
	["marked_parameters", [true, true]],
];

const python = await preparePython("python");

if ("missing" in python) {
	const what = `the Python SDK's client is not tested here: ${python.missing}`;
	test(what, () => {
		// A test that has passed is not named by every reporter.
		console.warn(what);
		expect(python.missing).not.toBe("");
	});
} else {
	const command = path.join(python.folder, "bin/python");
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				...servers,
				"legacy-cancelled": fixture("everything"),
				"modern-cancelled": fixture("everything-modern"),
				"legacy-marked": fixture("mirroring", ["legacy"]),
				"modern-marked": fixture("mirroring", ["modern"]),
				missing: { command: "a-command-that-is-nowhere" },
			},
		});
	});
	const run = (server: string, mode: string, to = bridge) =>
		runClient(command, [`${to.url}/servers/${server}`, mode]);

	describe.each(
		connections,
	)("the Python SDK's client, mode $mode, on a $server server", ({
		server,
		mode,
	}) => {
		let client: PythonClient;
		beforeAll(async () => {
			client = run(server, mode);
			await client.ended;
		});

		test("knows who the server is where it has asked", () => {
			const asked = {
				server: ["1.2.3", "Everything, for tests"],
				subscribe: true,
				instructions: expect.stringContaining("漢"),
			};
			expect(client.seen.get("identity")).toEqual({
				revision,
				...(mode === "auto" && asked),
			});
		});

		test("gets structured output of every kind that the revision knows", () => {
			expect(client.seen.get("structured_output")).toEqual({
				add: { sum: 3 },
				...(server === "modern" && { count: [1, 2, 3] }),
			});
		});

		test.each(features)("sees all of %s", (feature, seen) => {
			expect(client.seen.get(feature)).toEqual(seen);
		});

		test("has tried everything, and met no other end", () => {
			const named = features.map(([feature]) => feature);
			const all = ["identity", "structured_output", ...named];
			expect([...client.seen.keys()].sort()).toEqual(all.sort());
		});
	});

	test("connecting it to a server that cannot be started fails with the reason", async () => {
		const client = run("missing", "auto");
		await client.ended;
		expect(client.seen.get("failed")).toMatch(
			/^MCPError: .*a-command-that-is-nowhere/,
		);
	});

	test.each([
		"legacy",
		"modern",
	])("asks a %s server for revision 2026-07-28 over HTTP+SSE, and connects all the same", async (server) => {
		const url = `${bridge.url}/servers/${server}`;
		const client = runClient(command, [url, "auto", "sse"]);
		expect(await client.said("called")).toBe("hello");
		await client.ended;
	});

	test.each([
		"legacy",
		"modern",
	] as const)("its subscription on a %s server ends in good order with the bridge", async (server) => {
		const own = await startBridge({
			servers: { [server]: { ...servers[server], warm: 0 } },
		});
		const client = runClient(command, [
			`${own.url}/servers/${server}`,
			"auto",
			"listen",
		]);
		await client.said("listening");
		await own.stop();
		expect(await client.said("ended")).toBe("in good order");
	});
}
