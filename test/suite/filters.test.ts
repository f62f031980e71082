import { rmSync, writeFileSync } from "node:fs";
import * as v2 from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { connect, dialects, type Json, serverUrl } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import {
	type Message,
	messagesOf,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	type BridgeInput,
	fixture,
	startBridge,
} from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";
import { connectEraClient } from "./eras/connect-era-client.ts";
import { type EraClient, eraOf } from "./eras/era-client.ts";
import { call, jsonOf, pagesOf, resultOf, textOf } from "./eras/replies.ts";

/** What an entry's filters leave of a server, for clients of both eras on servers of both. */

const file = scratch();
const toolsChanged = "notifications/tools/list_changed";
const servers = ["legacy", "modern"] as const;
/** Over HTTP+SSE, over Streamable HTTP, and without a handshake. */
const revisions = ["2024-11-05", "2025-11-25", "2026-07-28"] as const;
const cells = servers.flatMap((server) =>
	revisions.map((revision) => ({ server, revision })),
);

const filters = {
	tools: { allow: ["echo", "a*", "*-resource"], deny: ["add"] },
	prompts: { deny: ["t*", "greet"] },
	resources: {
		allow: ["fixture://text/*", "fixture://user/*"],
		deny: ["fixture://text/3"],
	},
};
const denied = "fixture://text/3";
const granted = "fixture://text/4";

/** What of the server's own lists passes: written down by hand, so as not to repeat the code. */
const passes: [
	method: string,
	member: string,
	key: string,
	isOffered: (name: string) => boolean,
][] = [
	[
		"tools/list",
		"tools",
		"name",
		(name) => /^(echo|a.*|.*-resource)$/.test(name) && name !== "add",
	],
	["prompts/list", "prompts", "name", (name) => !/^(t|greet$)/.test(name)],
	[
		"resources/list",
		"resources",
		"uri",
		(uri) => uri.startsWith("fixture://text/") && uri !== denied,
	],
	[
		"resources/templates/list",
		"resourceTemplates",
		"uriTemplate",
		(template) => template === "fixture://user/{id}",
	],
];

let bridge: Bridge;
beforeAll(async () => {
	const env = { PAGE_SIZE: "3" };
	bridge = await startBridge({
		servers: {
			legacy: fixture("everything", [], { ...filters, env }),
			modern: fixture("everything-modern", [], { ...filters, env }),
			"legacy-whole": fixture("everything", [], { env }),
			"modern-whole": fixture("everything-modern", [], { env }),
			untouched: fixture("everything", [], { tools: { allow: [] } }),
			updating: fixture("legacy-raw", [], {
				resources: { deny: ["note://a/private*"] },
			}),
			marked: fixture("mirroring", ["modern"], { tools: { deny: ["route"] } }),
		},
	});
});

const open: { close(): Promise<void> }[] = [];
afterAll(() => Promise.all(open.map((client) => client.close())));

async function clientOf(
	server: string,
	revision: (typeof revisions)[number],
	to = bridge,
): Promise<EraClient> {
	const client = await connectEraClient(to, server, revision);
	open.push(client);
	return client;
}
const droppedBy = async (server: string) =>
	(await serverStatus(bridge, server)).dropped;

describe.each(cells)("a client of revision $revision on a $server server", ({
	server,
	revision,
}) => {
	const notFound = {
		code: eraOf(revision) === "legacy" ? -32002 : -32602,
		message: "Resource not found",
		data: { uri: denied },
	};

	test.each(
		passes,
	)("%s has what is admitted on each page, and as many pages as the server", async (method, member, key, isOffered) => {
		const whole = await clientOf(`${server}-whole`, revision);
		const expected = (await pagesOf(whole, method, member)).map((page) =>
			page.filter((entry) => isOffered(String(entry[key]))),
		);
		const client = await clientOf(server, revision);
		const pages = await pagesOf(client, method, member);
		expect(pages).toEqual(expected);
		expect(pages.flat()).not.toEqual([]);
		expect(pages.length).toBeGreaterThan(1);
	});

	test("uses what is admitted, and is told that there is nothing else", async () => {
		const client = await clientOf(server, revision);
		const before = await droppedBy(server);
		const refused = async (method: string, params: Json) =>
			(await client.ask(method, params)).error;
		const prompt = { code: -32602, message: "Unknown prompt: greet" };
		const argument = { name: "style", value: "f" };

		expect(textOf(await call(client, "echo", { message: "hello" }))).toBe(
			"hello",
		);
		expect(await refused("tools/call", { name: "add" })).toEqual({
			code: -32602,
			message: "Unknown tool: add",
		});
		expect(
			resultOf(await client.ask("prompts/get", { name: "review" })),
		).toHaveProperty("messages");
		expect(await refused("prompts/get", { name: "greet" })).toEqual(prompt);
		expect(
			resultOf(await client.ask("resources/read", { uri: granted })),
		).toHaveProperty("contents.length", 1);
		expect(await refused("resources/read", { uri: denied })).toEqual(notFound);

		const complete = (ref: Json) =>
			client.ask("completion/complete", { ref, argument });
		const ofPrompt = (name: string) => complete({ type: "ref/prompt", name });
		const ofResource = (uri: string) => complete({ type: "ref/resource", uri });
		expect(resultOf(await ofPrompt("review"))).toHaveProperty("completion");
		expect((await ofPrompt("greet")).error).toEqual(prompt);
		expect(resultOf(await ofResource("fixture://user/{id}"))).toHaveProperty(
			"completion",
		);
		expect((await ofResource(denied)).error).toEqual(notFound);

		const after = await droppedBy(server);
		const counted = (kind: string) => (after[kind] ?? 0) - (before[kind] ?? 0);
		expect(counted("call-of-denied-tool")).toBe(1);
		expect(counted("request-for-denied-prompt")).toBe(2);
		expect(counted("request-for-denied-resource")).toBe(2);
	});

	test("is subscribed to no more than it may read", async () => {
		const client = await clientOf(server, revision);
		const touch = (uri: string) => call(client, "touch-resource", { uri });
		const following = await client.follow({ uri: granted });
		if (eraOf(revision) === "legacy") {
			for (const method of ["resources/subscribe", "resources/unsubscribe"]) {
				expect((await client.ask(method, { uri: denied })).error).toEqual(
					notFound,
				);
			}
		} else await client.follow({ uri: denied });
		expect(jsonOf(await touch(denied))).toEqual([granted]);
		await touch(granted);
		const { params } = await following.heard("notifications/resources/updated");
		expect(params?.uri).toBe(granted);
		await following.stop();
		await eventually(
			async () => textOf(await touch(granted)) === "[]",
			"the subscription does not end",
		);
	});
});

test.each(
	dialects,
)("the $sdk SDK's client over $transport lists and calls what is admitted", async (options) => {
	for (const server of servers) {
		const { client, close } = await connect(bridge, server, options);
		const { prompts } = await client.listPrompts();
		expect(prompts.map(({ name }) => name)).not.toContain("greet");
		const echo = { name: "echo", arguments: { message: "hello" } };
		expect(await client.callTool(echo)).toHaveProperty("content");
		await expect(client.callTool({ name: "add" })).rejects.toMatchObject({
			code: -32602,
		});
		await close();
	}
});

test.each(
	servers,
)("the SDK's client of revision 2026-07-28 lists and calls what is admitted of a %s server", async (server) => {
	const client = new v2.Client(
		{ name: "filters", version: "1.0.0" },
		{ versionNegotiation: { mode: { pin: "2026-07-28" } } },
	);
	open.push(client);
	await client.connect(
		new v2.StreamableHTTPClientTransport(
			serverUrl(bridge, server, "streamable"),
		),
	);
	const { tools } = await client.listTools();
	const names = tools.map(({ name }) => name);
	expect(names).toContain("echo");
	expect(names).not.toContain("add");
	const echo = { name: "echo", arguments: { message: "hello" } };
	expect(await client.callTool(echo)).toHaveProperty("content");
	await expect(client.callTool({ name: "add" })).rejects.toMatchObject({
		code: -32602,
	});
});

test("a request that is refused starts no child, in a batch or without a session", async () => {
	const request = (id: number): Message => ({
		jsonrpc: "2.0",
		id,
		method: "tools/call",
		params: { name: "echo" },
	});
	const url = `${bridge.url}/servers/untouched/mcp`;
	for (const body of [request(1), [request(1), request(2)]]) {
		const answers = await messagesOf(await post(url, body));
		expect(answers).toHaveLength([body].flat().length);
		for (const { error } of answers) {
			expect(error?.message).toBe("Unknown tool: echo");
		}
	}
	expect((await serverStatus(bridge, "untouched")).spawned).toBe(0);
});

test.each([
	"2025-11-25",
	"2026-07-28",
] as const)("an update of a denied resource under one that is subscribed to does not reach a client of %s", async (revision) => {
	const client = await clientOf("updating", revision);
	const before = (await droppedBy("updating"))["update-of-denied-resource"];
	const following = await client.follow({ uri: "note://a" });
	for (const uri of ["note://a/private/1", "note://a/public"]) {
		await call(client, "touch", { uri });
	}
	const updated = "notifications/resources/updated";
	await following.heard(updated);
	expect(following.soFar(updated)).toMatchObject([
		{ params: { uri: "note://a/public" } },
	]);
	await following.stop();
	expect((await droppedBy("updating"))["update-of-denied-resource"]).toBe(
		(before ?? 0) + 1,
	);
});

test("what a denied tool wants to have in headers is not asked for", async () => {
	const client = new ModernClient(bridge, "marked");
	const { response } = await client.request("tools/call", {
		name: "route",
		arguments: { region: "eu" },
	});
	expect(response.error).toEqual({
		code: -32602,
		message: "Unknown tool: route",
	});
});

test("lists that are served while there is no child are filtered, and a change that nobody sees is not told", async () => {
	const [lists, hold] = [file("lists"), file("hold")];
	const write = (tools: string[]) =>
		writeFileSync(lists, JSON.stringify({ tools }));
	write(["hidden", "a", "b"]);
	const sleepy = await startBridge({
		servers: {
			one: fixture("changeable", [], {
				idleTimeoutMs: 150,
				tools: { deny: ["hidden*"] },
				env: { LISTS_FILE: lists, HOLD_FILE: hold },
			}),
		},
	});
	const isAsleep = () =>
		eventually(
			async () => (await serverStatus(sleepy, "one")).state === "idle",
			"it is not stopped",
		);
	const client = await RawClient.connect(sleepy, "one", "sse");
	const names = async (id: string) => {
		const found: unknown[] = [];
		let cursor: unknown;
		do {
			const params = cursor === undefined ? {} : { cursor };
			const { result } = await client.request({
				jsonrpc: "2.0",
				id: `${id}-${found.length}`,
				method: "tools/list",
				params,
			});
			const tools = result?.tools as { name: string }[];
			found.push(...tools.map(({ name }) => name));
			cursor = result?.nextCursor;
		} while (cursor !== undefined);
		return found;
	};
	const changes = () =>
		client.received.filter(({ method }) => method === toolsChanged);
	expect(await names("first")).toEqual(["a", "b"]);
	await isAsleep();
	write(["hidden-too", "a", "b"]);
	writeFileSync(hold, "");
	expect(await names("cached")).toEqual(["a", "b"]);
	expect((await serverStatus(sleepy, "one")).state).toBe("starting");
	rmSync(hold);
	// The child has answered what it was asked before the call.
	await client.text("before", "a");
	await client.text("behind", "a");
	await isAsleep();
	expect(changes()).toEqual([]);
	write(["hidden", "a", "c"]);
	expect(await names("again")).toEqual(["a", "b"]);
	await client.waitFor(({ method }) => method === toolsChanged);
	expect(await names("last")).toEqual(["a", "c"]);
	client.close();
});

test("an edited filter holds at once for who is connected, who is told", async () => {
	const config = (more: Json): BridgeInput => ({
		servers: {
			legacy: fixture("everything", [], more),
			modern: fixture("everything-modern", [], more),
		},
	});
	const edited = await startBridge(config({}));
	const clients = await Promise.all(
		cells.map(({ server, revision }) => clientOf(server, revision, edited)),
	);
	const echo = (client: EraClient) => call(client, "echo", { message: "a" });
	const toolsOf = async (client: EraClient) => {
		const pages = await pagesOf(client, "tools/list", "tools");
		return pages.flat().map(({ name }) => name);
	};
	const edit = async (more: Json) => {
		const followings = await Promise.all(
			clients.map((client) => client.follow("lists")),
		);
		edited.editConfig(config(more));
		await Promise.all(followings.map(({ heard }) => heard(toolsChanged)));
		for (const { stop } of followings) await stop();
	};
	for (const client of clients) expect(await toolsOf(client)).toContain("echo");

	await edit({ tools: { deny: ["echo"] } });
	for (const client of clients) {
		expect((await echo(client)).error?.message).toBe("Unknown tool: echo");
		expect(await toolsOf(client)).not.toContain("echo");
	}
	await edit({});
	for (const client of clients) {
		expect(textOf(await echo(client))).toBe("a");
		expect(await toolsOf(client)).toContain("echo");
	}
});

test("a call that waits when its tool is denied does not reach the next child", async () => {
	const config = (more: Json): BridgeInput => ({
		servers: { one: fixture("everything", [], { concurrency: 1, ...more }) },
		drainTimeoutMs: 100,
	});
	const edited = await startBridge(config({}));
	const client = await RawClient.connect(edited, "one", "sse");
	await client.send(callMessage("running", "wait", { name: "a" }));
	await client.send(callMessage("waiting", "echo", { message: "a" }));
	await eventually(
		async () => (await serverStatus(edited, "one")).shared?.waiting === 1,
		"the call does not wait",
	);
	edited.editConfig(config({ tools: { deny: ["echo"] } }));
	expect((await client.answer("waiting")).error?.message).toBe(
		"Unknown tool: echo",
	);
	client.close();
});
