import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	type ConnectOptions,
	connect,
	connectDirect,
	dialects,
	type Json,
	type Notification,
	type TestClient,
} from "../harness/clients.ts";
import { eventually } from "../harness/processes.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** Every feature of the protocol, from a real client through the bridge to a real server and back. */

const servers = {
	shared: fixture("everything"),
	own: fixture("everything", [], { isolation: "session" }),
};

let bridge: Bridge;
/** The same server over stdio: what it is without a bridge. */
let direct: TestClient;

beforeAll(async () => {
	[bridge, direct] = await Promise.all([
		startBridge({ servers }),
		connectDirect(servers.shared),
	]);
});
afterAll(() => direct.close());

async function pages(client: TestClient, method: string): Promise<Json[]> {
	const all: Json[] = [];
	let cursor: unknown;
	do {
		const page = await client.request(method, cursor ? { cursor } : undefined);
		all.push(page);
		cursor = page.nextCursor;
	} while (cursor !== undefined);
	return all;
}

describe.each(dialects)("SDK $sdk over $transport", ({ sdk, transport }) => {
	const open: TestClient[] = [];
	const client = async (
		server: keyof typeof servers,
		options: ConnectOptions = {},
	) => {
		const made = await connect(bridge, server, { sdk, transport, ...options });
		open.push(made);
		return made;
	};
	afterAll(() => Promise.all(open.map((one) => one.close())));

	test("the client learns the server's identity, capabilities and instructions", async () => {
		const own = await client("shared");
		expect(own.client.getServerVersion()).toEqual(
			direct.client.getServerVersion(),
		);
		expect(own.client.getServerCapabilities()).toEqual(
			direct.client.getServerCapabilities(),
		);
		expect(own.client.getInstructions()).toBe(direct.client.getInstructions());
	});

	test.each([
		["tools/list", 7],
		["resources/list", 3],
		["resources/templates/list", 2],
		["prompts/list", 2],
	])("%s gives the server's own pages by its own cursors", async (method, count) => {
		const [through, expected] = await Promise.all([
			pages(await client("shared"), method),
			pages(direct, method),
		]);
		expect(through).toHaveLength(count);
		expect(through).toEqual(expected);
	});

	test("a cursor that the server refuses is its own error", async () => {
		const own = await client("shared");
		await expect(
			own.request("tools/list", { cursor: "not one" }),
		).rejects.toMatchObject({
			code: -32602,
			message: expect.stringContaining("Invalid cursor"),
		});
	});

	test("the SDK's own methods find every tool and call one", async () => {
		const own = await client("shared");
		const { tools } = await own.client.listTools();
		expect(tools.map(({ name }) => name)).toContain("echo");
		const result = await own.client.callTool({
			name: "echo",
			arguments: { message: "hello" },
		});
		expect(result.content).toEqual([{ type: "text", text: "hello" }]);
	});

	test.each([
		["text that JSON may hold raw", "line\u2028and\u2029separators, é 漢 🙂"],
		["control characters", "tab\t newline\n return\r null\u0000 escape\u001b"],
		["text that looks like SSE", "\n\ndata: x\nevent: end\n:\n\n"],
		["an empty text", ""],
		["a long text", "€uro ".repeat(200_000)],
	])("%s comes back as it was sent", async (_what, message) => {
		const own = await client("shared");
		expect(await own.text("echo", { message })).toBe(message);
	});

	test("a result of 4 MiB arrives whole", async () => {
		const own = await client("shared");
		const text = await own.text("big", { bytes: 4 * 2 ** 20 });
		expect(text.length).toBe(4 * 2 ** 20);
		expect(/^x*$/.test(text)).toBe(true);
	});

	test.each([
		["content of every kind", "content", {}],
		["structured output", "add", { a: 1.5, b: 2 }],
		["an error result", "fail", { message: "it did not work" }],
	])("%s is what the server gave", async (_what, name, args) => {
		const own = await client("shared");
		expect(await own.call(name, args)).toEqual(await direct.call(name, args));
	});

	test("a JSON-RPC error keeps its code, its message and its data", async () => {
		const own = await client("shared");
		const data = { nested: [1, null, { deep: true }] };
		const refused = own.call("refuse", { code: -31999, data });
		await expect(refused).rejects.toMatchObject({
			code: -31999,
			message: expect.stringContaining("refused"),
			data,
		});
	});

	test("params, unknown members and _meta reach the server untouched", async () => {
		const own = await client("shared");
		const params = {
			name: "params",
			arguments: { list: [0, "0", null, false, {}], "é 🙂": { "": "" } },
			_meta: {
				"example.com/trace": { id: "00-abc", hops: [1, 2] },
				traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
			},
			"x-unknown": { kept: true },
		};
		const { content } = (await own.request("tools/call", params)) as {
			content: [{ text: string }];
		};
		expect(JSON.parse(content[0].text)).toEqual(params);
	});

	test.each([
		["a text", "fixture://text/3"],
		["a blob", "fixture://pixel"],
		["a resource of a template", "fixture://order/a%20b?c=d"],
	])("resources/read gives %s", async (_what, uri) => {
		const own = await client("shared");
		expect(await own.request("resources/read", { uri })).toEqual(
			await direct.request("resources/read", { uri }),
		);
	});

	test("resources/read of an unknown URI is the server's own error", async () => {
		const own = await client("shared");
		// The second SDK turns the code into the one of its own error class; the message still has it.
		await expect(
			own.request("resources/read", { uri: "nothing" }),
		).rejects.toMatchObject({
			message: expect.stringContaining("-32002"),
			data: { uri: "nothing" },
		});
	});

	test("prompts/get passes the arguments", async () => {
		const own = await client("shared");
		const result = await own.request("prompts/get", {
			name: "greet",
			arguments: { name: "Ada", style: "formal" },
		});
		expect(result).toEqual({
			description: "Greets somebody",
			messages: [
				{ role: "user", content: { type: "text", text: "greet Ada formal" } },
			],
		});
	});

	test("completion/complete passes reference, argument and context", async () => {
		const own = await client("shared");
		const context = { arguments: { owner: "me" } };
		const forPrompt = await own.request("completion/complete", {
			ref: { type: "ref/prompt", name: "greet" },
			argument: { name: "style", value: "f" },
			context,
		});
		expect(forPrompt).toEqual({
			completion: {
				values: ["formal", "friendly", "french"],
				total: 3,
				hasMore: false,
			},
			_meta: { context },
		});
		const forTemplate = await own.request("completion/complete", {
			ref: { type: "ref/resource", uri: "fixture://item/{id}" },
			argument: { name: "id", value: "1" },
		});
		expect(forTemplate.completion).toMatchObject({
			values: ["fixture://item/{id}-id"],
		});
	});

	test("ping is answered in both directions", async () => {
		const own = await client("own");
		expect(await own.request("ping")).toEqual({});
		expect(await own.request("fixture/ask", { method: "ping" })).toEqual({
			answer: {},
		});
		const shared = await client("shared");
		expect(await shared.request("fixture/ask", { method: "ping" })).toEqual({
			answer: {},
		});
	});

	test("progress arrives in order while the call runs", async () => {
		const own = await client("shared");
		const name = `${sdk}-${transport}`;
		const seen: Json[] = [];
		let reachLast = () => {};
		const last = new Promise<void>((resolve) => {
			reachLast = resolve;
		});
		const call = own.text(
			"progress",
			{ steps: 5, hold: name, label: name },
			{
				onprogress: (progress) => {
					seen.push(progress);
					if (progress.progress === 5) reachLast();
				},
			},
		);
		// The SDK forgets a call's progress with its answer, so that has to wait.
		await Promise.race([last, call]);
		await own.text("release", { name });
		expect(await call).toBe(`done ${name} 5`);
		expect(seen).toEqual(
			[1, 2, 3, 4, 5].map((step) => ({
				progress: step,
				total: 5,
				message: `${name} ${step}`,
			})),
		);
	});

	test("a cancellation reaches the server for its own request, with the reason", async () => {
		const own = await client("shared");
		const name = `cancelled ${sdk} ${transport}`;
		const abort = new AbortController();
		const call = own.text(
			"wait",
			{ name },
			{
				onprogress: () => abort.abort("no longer needed"),
				signal: abort.signal,
			},
		);
		await expect(call).rejects.toThrow("no longer needed");
		const cancellation = await eventually(async () => {
			const { cancellations } = JSON.parse(await own.text("waits"));
			return cancellations.find((one: Json) => one.name === name);
		}, `a cancellation of ${name}`);
		expect(cancellation).toEqual({ name, reason: "no longer needed" });
		expect(await own.text("echo", { message: "still here" })).toBe(
			"still here",
		);
	});

	test("log messages arrive whole, from the level that the client set", async () => {
		const own = await client("own");
		await own.request("logging/setLevel", { level: "warning" });
		expect(await own.text("log", { level: "info", data: "too low" })).toBe(
			"warning",
		);
		const data = { kind: "structured", at: [1, 2] };
		await own.call("log", { level: "error", data, logger: "db" });
		const { params } = await own.notified("notifications/message");
		expect(params).toEqual({ level: "error", data, logger: "db" });
	});

	test("the three list_changed notifications arrive", async () => {
		const own = await client("own");
		await own.call("change-lists");
		for (const list of ["tools", "resources", "prompts"])
			await own.notified(`notifications/${list}/list_changed`);
		expect(own.notifications).toHaveLength(3);
	});

	test("updates of a resource arrive from subscribe to unsubscribe", async () => {
		const own = await client("own");
		const uri = "fixture://text/1";
		const touch = () => own.text("touch-resource", { uri });
		expect(await touch()).toBe("[]");
		expect(await own.request("resources/subscribe", { uri })).toEqual({});
		expect(await touch()).toBe(JSON.stringify([uri]));
		const { params } = await own.notified("notifications/resources/updated");
		expect(params).toEqual({ uri, title: "touched" });
		expect(await own.request("resources/unsubscribe", { uri })).toEqual({});
		expect(await touch()).toBe("[]");
		await own.call("change-lists");
		await own.notified("notifications/tools/list_changed");
		const updates = own.notifications.filter(
			({ method }) => method === "notifications/resources/updated",
		);
		expect(updates).toHaveLength(1);
	});

	describe("what the server asks", () => {
		const asked: Notification[] = [];
		const answered: Record<string, Json> = {
			"sampling/createMessage": {
				role: "assistant",
				model: "small-1",
				stopReason: "endTurn",
				content: { type: "text", text: "Paris" },
				_meta: { "example.com/cost": 3 },
			},
			"roots/list": {
				roots: [
					{ uri: "file:///srv/a", name: "A" },
					{ uri: "file:///srv/b b" },
				],
			},
			"example.com/question": { unknown: ["method", 0, null] },
		};
		const capabilities = {
			sampling: {},
			roots: { listChanged: true },
			elicitation: { form: {}, url: {} },
		};
		let elicited: Json = { action: "decline" };
		/** One for all: each client that can be asked has a child of its own. */
		let own: TestClient;
		beforeAll(async () => {
			own = await client("shared", {
				capabilities,
				answers: Object.fromEntries(
					[...Object.keys(answered), "elicitation/create"].map((method) => [
						method,
						(params: Json) => {
							asked.push({ method, params });
							return answered[method] ?? elicited;
						},
					]),
				),
			});
		});
		const lastAsked = (method: string) =>
			asked.findLast((one) => one.method === method)?.params;

		test("the server is opened with the client's own capabilities", async () => {
			expect(JSON.parse(await own.text("client"))).toMatchObject({
				capabilities,
			});
		});

		test("sampling: the question and the answer pass whole", async () => {
			expect(
				JSON.parse(await own.text("sample", { prompt: "Capital of France?" })),
			).toEqual(answered["sampling/createMessage"]);
			expect(lastAsked("sampling/createMessage")).toEqual({
				messages: [
					{
						role: "user",
						content: { type: "text", text: "Capital of France?" },
					},
				],
				systemPrompt: "Be brief",
				maxTokens: 50,
				modelPreferences: { hints: [{ name: "small" }], speedPriority: 0.9 },
			});
		});

		test.each([
			{ action: "accept", content: { name: "Ada", age: 36, colour: "red" } },
			{ action: "decline" },
			{ action: "cancel" },
		])("elicitation by form: $action", async (answer) => {
			elicited = answer;
			expect(
				JSON.parse(await own.text("elicit-form", { message: "Who are you?" })),
			).toEqual(answer);
			expect(lastAsked("elicitation/create")).toMatchObject({
				mode: "form",
				message: "Who are you?",
				requestedSchema: { required: ["name"] },
			});
		});

		test("elicitation by URL: the question, the answer and its completion", async () => {
			elicited = { action: "accept" };
			const url = "https://example.com/sign-in?a=b&c=%20";
			expect(JSON.parse(await own.text("elicit-url", { url }))).toEqual({
				action: "accept",
			});
			expect(lastAsked("elicitation/create")).toEqual({
				mode: "url",
				message: "Please sign in",
				url,
				elicitationId: "elicitation-1",
			});
			const { params } = await own.notified(
				"notifications/elicitation/complete",
			);
			expect(params).toEqual({ elicitationId: "elicitation-1" });
		});

		test("roots: the list, and that it has changed", async () => {
			expect(JSON.parse(await own.text("roots"))).toEqual(
				answered["roots/list"],
			);
			await own.notify("notifications/roots/list_changed");
			await eventually(async () => {
				const { notifications } = await own.request("fixture/noted");
				return (notifications as Notification[]).some(
					({ method }) => method === "notifications/roots/list_changed",
				);
			}, "roots/list_changed at the server");
		});

		test("a request that no revision knows is asked and answered too", async () => {
			const params = { deep: { list: [1, "1"] } };
			expect(
				await own.request("fixture/ask", {
					method: "example.com/question",
					params,
				}),
			).toEqual({ answer: answered["example.com/question"] });
			expect(lastAsked("example.com/question")).toEqual(params);
		});

		test("the client's error is the server's answer", async () => {
			await expect(
				own.request("fixture/ask", { method: "example.com/refused" }),
			).rejects.toMatchObject({ code: -32601 });
		});

		test("several questions of one call, and of calls side by side, find their answers", async () => {
			const results = await Promise.all([
				...Array.from({ length: 5 }, () => own.text("sample", { prompt: "?" })),
				...Array.from({ length: 5 }, () => own.text("roots")),
				...Array.from({ length: 5 }, () =>
					own.text("elicit-form", { message: "?" }),
				),
			]);
			const members = ["role", "roots", "action"];
			expect(
				results.map((text) =>
					members.filter((member) => member in JSON.parse(text)),
				),
			).toEqual(members.flatMap((member) => Array(5).fill([member])));
		});
	});

	test("a method that no revision knows reaches the server with its params", async () => {
		const own = await client("shared");
		const params = { a: [0, "0", null], _meta: { "example.com/b": 1 } };
		expect(await own.request("fixture/echo", params)).toEqual({ params });
		expect(await own.request("fixture/echo")).toEqual({ params: null });
	});

	test("a method that nobody knows is the server's -32601", async () => {
		const own = await client("shared");
		await expect(own.request("example.com/none")).rejects.toMatchObject({
			code: -32601,
			message: expect.stringContaining("example.com/none"),
		});
	});

	test("a notification that no revision knows passes both ways", async () => {
		const own = await client("own");
		const params = { list: [1, "1"], _meta: { "example.com/b": null } };
		await own.notify("notifications/example.com/note", params);
		const noted = await eventually(async () => {
			const { notifications } = await own.request("fixture/noted");
			return (notifications as Notification[]).find(
				({ method }) => method === "notifications/example.com/note",
			);
		}, "the notification at the server");
		expect(noted.params).toEqual(params);

		await own.request("fixture/notify", {
			method: "notifications/example.com/news",
			params,
		});
		const news = await own.notified("notifications/example.com/news");
		expect(news.params).toEqual(params);
	});
});
