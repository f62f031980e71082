import * as v2 from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { serverUrl } from "../harness/clients.ts";
import { eventually } from "../harness/processes.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

const servers = ["legacy", "modern"] as const;
const modes = {
	auto: "auto" as const,
	pinned: { pin: "2026-07-28" },
};
const connections = servers.flatMap((server) =>
	(["auto", "pinned"] as const).map((mode) => ({ server, mode })),
);
const person = { action: "accept" as const, content: { name: "Ada", age: 36 } };
const reply = {
	role: "assistant" as const,
	model: "test-model",
	content: { type: "text" as const, text: "Hello" },
};
const roots = [{ uri: "file:///home/ada", name: "home" }];

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: fixture("everything", [], { warm: 1 }),
			modern: fixture("everything-modern", [], { warm: 1 }),
			// A child that has been told to cancel something is nobody's for a while.
			"legacy-cancelled": fixture("everything"),
			"modern-cancelled": fixture("everything-modern"),
			"legacy-marked": fixture("mirroring", ["legacy"]),
			"modern-marked": fixture("mirroring", ["modern"]),
			missing: { command: "a-command-that-is-nowhere" },
		},
	});
});

/** What a client has been asked, and told. */
interface Seen {
	asked: { method: string; params: unknown }[];
	told: { method: string; params?: unknown }[];
	/** Settles when it has been told this. */
	heard(method: string): Promise<unknown>;
}

const open: v2.Client[] = [];
afterAll(async () => {
	await Promise.all(open.map((client) => client.close()));
});

/** The SDK's own client, which can do everything and answers everything. */
async function connect(
	server: string,
	mode: keyof typeof modes,
	options: v2.ClientOptions = {},
	to = bridge,
): Promise<v2.Client & { seen: Seen }> {
	const client = new v2.Client(
		{ name: "modern-sdk-client", version: "1.0.0" },
		{
			versionNegotiation: { mode: modes[mode] },
			capabilities: {
				sampling: {},
				elicitation: { form: {}, url: {} },
				roots: {},
			},
			...options,
		},
	);
	open.push(client);
	const watchers = new Set<() => void>();
	const seen: Seen = {
		asked: [],
		told: [],
		heard: (method) =>
			new Promise((resolve) => {
				const look = () => {
					const found = seen.told.find((one) => one.method === method);
					if (found) resolve(found.params);
				};
				watchers.add(look);
				look();
			}),
	};
	client.fallbackNotificationHandler = async (notification) => {
		seen.told.push(notification);
		for (const look of watchers) look();
	};
	if (options.capabilities === undefined) {
		client.setRequestHandler("elicitation/create", async ({ params }) => {
			seen.asked.push({ method: "elicitation/create", params });
			return params.mode === "url" ? { action: "accept" } : person;
		});
		client.setRequestHandler("sampling/createMessage", async ({ params }) => {
			seen.asked.push({ method: "sampling/createMessage", params });
			return reply;
		});
		client.setRequestHandler("roots/list", async ({ params }) => {
			seen.asked.push({ method: "roots/list", params });
			return { roots };
		});
	}
	await client.connect(
		new v2.StreamableHTTPClientTransport(serverUrl(to, server, "streamable")),
	);
	return Object.assign(client, { seen });
}

/** `Promise.withResolvers` of later versions of Node. */
function withResolvers<T>() {
	let resolve: (value: T) => void = () => {};
	const promise = new Promise<T>((settle) => {
		resolve = settle;
	});
	return { promise, resolve };
}

function textOf(result: v2.CallToolResult): string {
	const [first] = result.content;
	return first?.type === "text" ? first.text : JSON.stringify(result);
}

describe.each(connections)("the SDK's client, $mode, on a $server server", ({
	server,
	mode,
}) => {
	let client: Awaited<ReturnType<typeof connect>>;
	/** One that can be asked nothing, and so shares its child with all of its kind. */
	let silent: Awaited<ReturnType<typeof connect>>;
	beforeAll(async () => {
		client = await connect(server, mode);
		silent = await connect(server, mode, { capabilities: {} });
	});
	const call = (name: string, args: Record<string, unknown> = {}) =>
		client.callTool({ name, arguments: args });
	const text = async (name: string, args?: Record<string, unknown>) =>
		textOf(await call(name, args));

	test("is modern, and knows who the server is", () => {
		expect(client.getProtocolEra()).toBe("modern");
		expect(client.getNegotiatedProtocolVersion()).toBe("2026-07-28");
		expect(client.getServerVersion()).toMatchObject({
			name: expect.stringMatching(/^everything/),
			version: "1.2.3",
			title: "Everything, for tests",
		});
		expect(client.getServerCapabilities()).toMatchObject({
			tools: { listChanged: true },
			resources: { subscribe: true, listChanged: true },
			prompts: { listChanged: true },
			completions: {},
		});
		expect(client.getInstructions()).toContain("漢");
	});

	test("lists over all pages, or page by page", async () => {
		const { tools } = await client.listTools();
		expect(tools.length).toBeGreaterThan(20);
		expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
		const { resources } = await client.listResources();
		expect(resources).toHaveLength(10);
		const { resourceTemplates } = await client.listResourceTemplates();
		expect(resourceTemplates).toHaveLength(5);
		const { prompts } = await client.listPrompts();
		expect(prompts).toHaveLength(6);
		const page = await client.request({ method: "resources/list", params: {} });
		expect(page.resources).toHaveLength(4);
		const { nextCursor = "" } = page;
		const next = await client.listResources({ cursor: nextCursor });
		expect(next.resources.map(({ name }) => name)).toEqual(
			resources.slice(4, 8).map(({ name }) => name),
		);
	});

	test("calls tools, and gets every kind of content", async () => {
		expect(await text("echo", { message: "é, 漢, 🙂" })).toBe("é, 漢, 🙂");
		const { content, _meta } = await call("content");
		expect(content.map(({ type }) => type)).toEqual([
			"text",
			"image",
			"audio",
			"resource",
			"resource_link",
		]);
		expect(_meta).toMatchObject({
			"example.com/whole": { kept: [0, null, ""] },
		});
	});

	test("gets structured output that it checks against the tool's schema", async () => {
		await client.listTools();
		expect(await call("add", { a: 1, b: 2 })).toMatchObject({
			structuredContent: { sum: 3 },
		});
	});

	test("gets a tool's failure as a result, and errors as errors", async () => {
		expect(await call("fail", { message: "oh" })).toMatchObject({
			isError: true,
			content: [{ text: "oh" }],
		});
		await expect(call("nobody")).rejects.toMatchObject({ code: -32602 });
		await expect(
			call("refuse", { code: 4242, data: { why: [1] } }),
		).rejects.toMatchObject({ code: 4242, data: { why: [1] } });
		const uri = "nowhere:1";
		await expect(client.readResource({ uri })).rejects.toMatchObject({
			code: -32602,
			data: { uri },
		});
	});

	test("reads resources, by template too, and gets prompts and completions", async () => {
		expect(
			(await client.readResource({ uri: "fixture://text/1" })).contents,
		).toEqual([
			{ uri: "fixture://text/1", mimeType: "text/plain", text: "text 1" },
		]);
		const uri = "fixture://user/größe 漢";
		expect((await client.readResource({ uri })).contents).toMatchObject([
			{ text: "user größe 漢" },
		]);
		const pixel = await client.readResource({ uri: "fixture://pixel" });
		expect(pixel.contents).toMatchObject([
			{ mimeType: "image/png", blob: expect.stringMatching(/^iVBOR/) },
		]);
		const prompt = await client.getPrompt({
			name: "greet",
			arguments: { name: "Ada", style: "formal" },
		});
		expect(prompt.messages).toEqual([
			{ role: "user", content: { type: "text", text: "greet Ada formal" } },
		]);
		const { completion } = await client.complete({
			ref: { type: "ref/prompt", name: "greet" },
			argument: { name: "style", value: "f" },
		});
		expect(completion.values).toEqual(["formal", "friendly", "french"]);
	});

	test("follows the progress of its calls, each of its own", async () => {
		const follow = async (label: string) => {
			const steps: unknown[] = [];
			await client.callTool(
				{ name: "progress", arguments: { steps: 3, label } },
				{ onprogress: (step) => steps.push(step.message) },
			);
			return steps;
		};
		const both = await Promise.all([follow("a"), follow("b")]);
		expect(both).toEqual([
			["a 1", "a 2", "a 3"],
			["b 1", "b 2", "b 3"],
		]);
	});

	test("cancels a call, which the server hears of", async () => {
		const name = `cancelled, ${mode}`;
		const canceller = await connect(`${server}-cancelled`, mode, {
			capabilities: {},
		});
		const abort = new AbortController();
		const started = withResolvers<void>();
		const call = canceller.callTool(
			{ name: "wait", arguments: { name } },
			{ signal: abort.signal, onprogress: () => started.resolve() },
		);
		const rejected = expect(call).rejects.toThrow("enough");
		await started.promise;
		const waits = async () =>
			JSON.parse(
				textOf(await canceller.callTool({ name: "waits", arguments: {} })),
			) as { running: string[]; cancellations: { name: string }[] };
		expect((await waits()).running).toContain(name);
		abort.abort("enough");
		await rejected;
		await eventually(async () => {
			const { cancellations } = await waits();
			return cancellations.some((one) => one.name === name);
		}, "the server never heard of it");
		expect((await waits()).running).not.toContain(name);
	});

	test("gets the log messages that a call asks for, and none that it does not", async () => {
		const log = (level?: string) =>
			client.callTool({
				name: "log",
				arguments: { level: "warning", data: level ?? "none", logger: "l" },
				...(level && {
					_meta: { "io.modelcontextprotocol/logLevel": level },
				}),
			});
		await log();
		await log("error");
		await log("warning");
		expect(
			client.seen.told.filter(
				({ method }) => method === "notifications/message",
			),
		).toMatchObject([
			{ params: { level: "warning", data: "warning", logger: "l" } },
		]);
	});

	test("is asked for a form, for URLs, for its model and for its roots", async () => {
		const { asked } = client.seen;
		expect(JSON.parse(await text("elicit-form", { message: "Who?" }))).toEqual(
			person,
		);
		const url = "https://example.com/sign-in";
		expect(JSON.parse(await text("elicit-url", { url }))).toEqual({
			action: "accept",
		});
		expect(JSON.parse(await text("sample", { prompt: "Hi" }))).toMatchObject(
			reply,
		);
		expect(JSON.parse(await text("roots"))).toEqual({ roots });
		expect(asked).toMatchObject([
			{ method: "elicitation/create", params: { message: "Who?" } },
			{ method: "elicitation/create", params: { mode: "url", url } },
			{ method: "sampling/createMessage", params: { maxTokens: 50 } },
			{ method: "roots/list" },
		]);
	});

	test("is asked in several rounds of one call", async () => {
		expect(JSON.parse(await text("interview"))).toMatchObject({
			user: person,
			model: reply,
		});
	});

	test("that can be asked nothing gets the error that names what it would take", async () => {
		const refused = silent.callTool({ name: "roots", arguments: {} });
		await expect(refused).rejects.toMatchObject({
			code: -32021,
			data: { requiredCapabilities: { roots: {} } },
		});
	});

	test("hears of changed lists and resources that it listens for, until it closes that", async () => {
		const uri = "fixture://text/1";
		const subscription = await silent.listen({
			toolsListChanged: true,
			promptsListChanged: true,
			resourceSubscriptions: [uri],
		});
		expect(subscription.honoredFilter).toEqual({
			toolsListChanged: true,
			promptsListChanged: true,
			resourceSubscriptions: [uri],
		});
		await silent.callTool({ name: "change-lists", arguments: {} });
		await silent.callTool({ name: "touch-resource", arguments: { uri } });
		const { seen } = silent;
		await seen.heard("notifications/tools/list_changed");
		await seen.heard("notifications/prompts/list_changed");
		const update = await seen.heard("notifications/resources/updated");
		expect(update).toMatchObject({ uri });
		expect(seen.told.map(({ method }) => method)).not.toContain(
			"notifications/resources/list_changed",
		);
		await subscription.close();
		expect(await subscription.closed).toBe("local");
	});

	test("has its list of tools read again by itself when that has changed", async () => {
		const refreshed = withResolvers<number | undefined>();
		const watcher = await connect(server, mode, {
			capabilities: {},
			listChanged: {
				tools: {
					onChanged: (_error, tools) => refreshed.resolve(tools?.length),
				},
			},
		});
		expect(watcher.autoOpenedSubscription).toBeDefined();
		await watcher.callTool({ name: "change-lists", arguments: {} });
		expect(await refreshed.promise).toBeGreaterThan(20);
	});

	test("mirrors what a tool marks, whether it knows its list before or not, and leaves out one whose marks are not allowed", async () => {
		const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
		const listed = await connect(`${server}-marked`, mode);
		const hasty = await connect(`${server}-marked`, mode);
		const { tools } = await listed.listTools();
		expect(tools.map(({ name }) => name)).toEqual([
			"mark",
			"lists",
			"route",
			"größe",
		]);
		const args = { region: "größe 漢", where: { zone: " b " }, count: -7 };
		for (const one of [listed, hasty]) {
			const result = await one.callTool({ name: "route", arguments: args });
			expect(JSON.parse(textOf(result))).toEqual(args);
		}
		warn.mockRestore();
	});
});

test("a modern server's structured output of any kind reaches the SDK's client whole", async () => {
	const client = await connect("modern", "auto");
	await client.listTools();
	expect(
		await client.callTool({ name: "count", arguments: { to: 3 } }),
	).toMatchObject({ structuredContent: [1, 2, 3] });
});

test.each([
	"auto",
	"pinned",
] as const)("connecting %s to a server that cannot be started fails with the reason", async (mode) => {
	await expect(connect("missing", mode)).rejects.toThrow(
		mode === "auto" ? "a-command-that-is-nowhere" : /2026-07-28/,
	);
});

test.each(
	servers,
)("a subscription on a %s server ends in good order with the bridge", async (server) => {
	const own = await startBridge({
		servers: {
			[server]: fixture(
				server === "modern" ? "everything-modern" : "everything",
			),
		},
	});
	const client = await connect(server, "auto", { capabilities: {} }, own);
	const subscription = await client.listen({ toolsListChanged: true });
	await own.stop();
	expect(await subscription.closed).toBe("graceful");
});
