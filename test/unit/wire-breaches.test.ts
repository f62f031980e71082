import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
	childConversations,
	childRecord,
} from "../harness/wire/child-conversations.ts";
import { clientConversations } from "../harness/wire/client-conversations.ts";
import { describeBreaches } from "../harness/wire/describe-breaches.ts";
import { Exchange } from "../harness/wire/exchange.ts";
import { type Breach, findBreaches } from "../harness/wire/find-breaches.ts";
import type { Members, Message } from "../harness/wire/message.ts";

/** The checker that all suites run under: what it lets pass, and what it does not. */

type Id = string | number;
const request = (id: unknown, method: string, params?: Members): Message => ({
	jsonrpc: "2.0",
	id,
	method,
	...(params && { params }),
});
const note = (method: string, params?: unknown): Message => ({
	jsonrpc: "2.0",
	method,
	...(params !== undefined && { params }),
});
const result = (id: unknown, members: unknown): Message => ({
	jsonrpc: "2.0",
	id,
	result: members,
});
const error = (id: unknown, code: unknown, data?: unknown): Message => ({
	jsonrpc: "2.0",
	...(id !== undefined && { id }),
	error: { code, message: "no", ...(data !== undefined && { data }) },
});

const text = { content: [{ type: "text", text: "hello" }] };
const call = (id: unknown, params: Members = { name: "echo" }) =>
	request(id, "tools/call", params);
const tool = { name: "echo", inputSchema: { type: "object" } };
const info = { name: "somebody", version: "1" };

const initialize = (revision = "2025-11-25") =>
	request(0, "initialize", {
		protocolVersion: revision,
		capabilities: {},
		clientInfo: info,
	});
const initialized = (revision = "2025-11-25", more: Members = {}) =>
	result(0, {
		protocolVersion: revision,
		capabilities: {},
		serverInfo: info,
		...more,
	});

const meta = {
	"io.modelcontextprotocol/protocolVersion": "2026-07-28",
	"io.modelcontextprotocol/clientInfo": info,
	"io.modelcontextprotocol/clientCapabilities": {},
};
const modern = (id: unknown, method: string, params: Members = {}) =>
	request(id, method, { _meta: meta, ...params });
const modernCall = (id: unknown, params: Members = {}) =>
	modern(id, "tools/call", { name: "echo", ...params });
const complete = (id: unknown, members: Members) =>
	result(id, { resultType: "complete", ...members });
const cached = { ttlMs: 0, cacheScope: "private" };
const subscription = (id: Id) => ({
	_meta: { "io.modelcontextprotocol/subscriptionId": id },
});
const elicitation = {
	method: "elicitation/create",
	params: {
		message: "Who?",
		requestedSchema: {
			type: "object",
			properties: { name: { type: "string" } },
		},
	},
};

interface Answered {
	type?: string;
	status?: number;
	session?: string;
	server?: string;
}

/** A POST and the body that answers it. */
function post(
	sent: unknown,
	body: string,
	{
		type = "application/json",
		status = 200,
		session,
		server = "a",
	}: Answered = {},
): Exchange {
	const exchange = new Exchange(
		new URL(`http://127.0.0.1/servers/${server}/mcp`),
		"POST",
		new Headers(session === undefined ? {} : { "mcp-session-id": session }),
		JSON.stringify(sent),
	);
	const tap = exchange.receive(status, new Headers({ "content-type": type }));
	tap.add(new TextEncoder().encode(body));
	tap.end();
	return exchange;
}

const json = (sent: unknown, answer: unknown, answered?: Answered) =>
	post(sent, JSON.stringify(answer), answered);
const stream = (sent: unknown, answers: unknown[], answered?: Answered) =>
	post(
		sent,
		answers.map((answer) => `data: ${JSON.stringify(answer)}\n\n`).join(""),
		{ type: "text/event-stream; charset=utf-8", ...answered },
	);
/** A session over Streamable HTTP whose initialize was answered. */
const session = (
	revision: string,
	...exchanges: ((answered: Answered) => Exchange)[]
) => [
	json(initialize(revision), initialized(revision), { session: "s" }),
	...exchanges.map((make) => make({ session: "s" })),
];

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "wire-breaches-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

let pids = 0;
/** The record of a child: what it was told, and what it said. */
function child(
	lines: { in?: unknown; out?: unknown }[],
	server = "a",
): undefined {
	writeFileSync(
		`${childRecord(folder, server)}.${++pids}.1`,
		lines
			.flatMap((line) => Object.entries(line))
			.map(([direction, said]) => {
				const text = typeof said === "string" ? said : JSON.stringify(said);
				return `${direction[0]} 1 ${Buffer.byteLength(text)} ${text}\n`;
			})
			.join(""),
	);
}
const handshake = (revision = "2025-11-25") => [
	{ in: initialize() },
	{ out: initialized(revision) },
	{ in: note("notifications/initialized") },
];

const breachesOf = (...exchanges: Exchange[]): Promise<Breach[]> =>
	findBreaches([
		...clientConversations(exchanges),
		...childConversations(folder),
	]);
async function expectOne(
	problem: string | RegExp,
	...exchanges: Exchange[]
): Promise<Breach> {
	const breaches = await breachesOf(...exchanges);
	expect(breaches.map((breach) => breach.problem)).toEqual([
		expect.stringMatching(problem),
	]);
	return breaches[0] as Breach;
}

describe("a valid conversation passes", () => {
	test.each([
		"2024-11-05",
		"2025-03-26",
		"2025-06-18",
		"2025-11-25",
	])("over Streamable HTTP in revision %s", async (revision) => {
		const progress = note("notifications/progress", {
			progressToken: 1,
			progress: 1,
		});
		expect(
			await breachesOf(
				...session(
					revision,
					(s) =>
						stream(
							call(1, { name: "echo", _meta: { progressToken: 1 } }),
							[progress, result(1, text)],
							s,
						),
					(s) => json(request("p", "ping"), result("p", {}), s),
					(s) =>
						json(request(2, "tools/list"), result(2, { tools: [tool] }), s),
					(s) => json(request(3, "resources/read"), error(3, -32602), s),
				),
			),
		).toEqual([]);
	});

	test("over HTTP+SSE, with answers on another stream than their requests", async () => {
		const base = "http://127.0.0.1/servers/a";
		const get = new Exchange(
			new URL(`${base}/sse`),
			"GET",
			new Headers(),
			undefined,
		);
		const posts = [initialize("2024-11-05"), call(1)].map(
			(message) =>
				new Exchange(
					new URL(`${base}/messages?session_id=x`),
					"POST",
					new Headers(),
					JSON.stringify(message),
				),
		);
		const tap = get.receive(
			200,
			new Headers({ "content-type": "text/event-stream" }),
		);
		const bytes = new TextEncoder().encode(
			`event: endpoint\r\ndata: /servers/a/messages?session_id=x\r\n\r\n: keep-alive\n\n${[
				initialized("2024-11-05"),
				result(1, text),
			]
				.map(
					(message) => `event: message\ndata: ${JSON.stringify(message)}\n\n`,
				)
				.join("")}data: {"not": the whole`,
		);
		for (const byte of bytes) tap.add(Uint8Array.of(byte));
		expect(await breachesOf(get, ...posts)).toEqual([]);
		expect(clientConversations([get, ...posts])).toMatchObject([
			{ server: "a", revisions: ["2024-11-05"] },
		]);
		tap.add(new TextEncoder().encode('"}\n\n'));
		await expectOne("it is not JSON", get, ...posts);
	});

	test("in 2026-07-28", async () => {
		expect(
			await breachesOf(
				json(
					modern(1, "server/discover"),
					complete(1, {
						...cached,
						supportedVersions: ["2026-07-28"],
						capabilities: {},
						_meta: { "io.modelcontextprotocol/serverInfo": info },
					}),
				),
				json(
					modern(1, "tools/list"),
					complete(1, { ...cached, tools: [tool] }),
				),
				json(modernCall(1), complete(1, { ...text, structuredContent: [1] })),
				json(
					modernCall(2),
					result(2, {
						resultType: "input_required",
						requestState: "sealed",
						inputRequests: {
							who: elicitation,
							where: {
								method: "elicitation/create",
								params: { mode: "url", message: "m", url: "https://x.y" },
							},
							which: { method: "roots/list" },
						},
					}),
				),
				json(modern(3, "fixture/echo"), complete(3, { any: 1 })),
				json(
					modernCall(4),
					error(4, -32021, { requiredCapabilities: { sampling: {} } }),
					{ status: 400 },
				),
				json(modernCall(5), error(5, -32020), { status: 400 }),
				stream(
					modern("l", "subscriptions/listen", {
						notifications: { toolsListChanged: true },
					}),
					[
						note("notifications/subscriptions/acknowledged", {
							...subscription("l"),
							notifications: { toolsListChanged: true },
						}),
						note("notifications/tools/list_changed", subscription("l")),
						complete("l", subscription("l")),
					],
				),
			),
		).toEqual([]);
	});

	test("with children of both eras", async () => {
		child([
			...handshake("2024-11-05"),
			{ out: "Downloading packages…" },
			{ in: call(1), out: result(1, text) },
			{ out: request("q", "roots/list") },
			{ in: result("q", { roots: [{ uri: "file:///srv" }] }) },
			{ out: request("ping", "ping") },
			{ in: result("ping", {}) },
			{ in: note("notifications/cancelled", { requestId: 1 }) },
		]);
		child([
			{ in: modern(1, "server/discover") },
			{
				out: complete(1, {
					...cached,
					supportedVersions: ["2026-07-28"],
					capabilities: {},
				}),
			},
			{ in: modernCall(2, { inputResponses: { who: { action: "decline" } } }) },
			{ out: complete(2, text) },
		]);
		expect(await breachesOf()).toEqual([]);
	});

	test("with a modern child that asks as legacy ones do", async () => {
		child([
			{ in: modern(1, "server/discover") },
			{ out: request("p", "ping") },
			{ in: result("p", {}) },
		]);
		expect(await breachesOf()).toEqual([]);
	});

	test("with methods that no revision knows, whatever they carry", async () => {
		child([...handshake(), { in: request(1, "fixture/x", { tools: 1 }) }]);
		expect(
			await breachesOf(
				...session("2025-11-25", (s) =>
					stream(
						request(1, "constructor"),
						[note("notifications/toString", { a: 1 }), result(1, { tools: 1 })],
						s,
					),
				),
			),
		).toEqual([]);
	});

	test("with a batch in 2025-03-26", async () => {
		const batch = [call(1), request(2, "ping")];
		const answer = [result(1, text), result(2, {})];
		expect(
			await breachesOf(...session("2025-03-26", (s) => json(batch, answer, s))),
		).toEqual([]);
	});

	test("with content that is newer than the client, as servers send it", async () => {
		const audio = {
			content: [{ type: "audio", data: "UklGRg==", mimeType: "audio/wav" }],
		};
		expect(
			await breachesOf(
				...session("2024-11-05", (s) => json(call(1), result(1, audio), s)),
			),
		).toEqual([]);
	});

	test("with an id that a client uses for several methods", async () => {
		expect(
			await breachesOf(
				...session(
					"2025-11-25",
					(s) => json(call(1), result(1, text), s),
					(s) =>
						json(request(1, "tools/list"), result(1, { tools: [tool] }), s),
				),
			),
		).toEqual([]);
	});

	test("with a POST refused by an error that has no id to give back", async () => {
		expect(
			await breachesOf(
				json("not a message", error(undefined, -32600), { status: 400 }),
			),
		).toEqual([]);
	});

	test("with a message of which only the ends were kept", async () => {
		const huge = { content: [{ type: "text", text: "x".repeat(300_000) }] };
		expect(
			await breachesOf(
				...session(
					"2025-11-25",
					(s) => json(call(1), result(1, huge), s),
					(s) =>
						json(
							call(2, { name: "a", arguments: { a: "x".repeat(300_000) } }),
							result(2, text),
							s,
						),
				),
			),
		).toEqual([]);
	});
});

describe("a message to a client is a breach", () => {
	const legacy = (sent: unknown, ...answers: unknown[]) =>
		session("2025-11-25", (s) => stream(sent, answers, s));

	test.each<[what: string, problem: string, exchanges: Exchange[]]>([
		[
			"initialize without serverInfo",
			"InitializeResult: serverInfo",
			[
				json(
					initialize(),
					result(0, { protocolVersion: "2025-11-25", capabilities: {} }),
				),
			],
		],
		[
			"a result without a required member",
			"ListToolsResult: tools",
			legacy(request(1, "tools/list"), result(1, {})),
		],
		[
			"a result of tools/call without content",
			"content is missing",
			legacy(call(1), result(1, { structuredContent: {} })),
		],
		[
			"a result that is none of its method",
			"ListPromptsResult: prompts",
			legacy(request(1, "prompts/list"), result(1, text)),
		],
		[
			"an answer to ping that is not empty",
			"EmptyResult",
			legacy(request(1, "ping"), result(1, { pong: true })),
		],
		[
			"a content block of no type",
			"CallToolResult: content.0",
			legacy(call(1), result(1, { content: [{ text: "hello" }] })),
		],
		["an id of a wrong type", 'the id "1"', legacy(call(1), result("1", text))],
		[
			"an id that is none",
			"JSON-RPC result: id",
			legacy(call(1), result(1.5, text)),
		],
		["an answer to nothing", "the id 2", legacy(call(1), result(2, text))],
		[
			"an answer without an id",
			"JSON-RPC result: id",
			legacy(call(1), { jsonrpc: "2.0", result: text }),
		],
		[
			"null as an id on a stream",
			"JSON-RPC error: id",
			legacy(call(1), error(null, -32603)),
		],
		[
			"no version of JSON-RPC",
			"JSON-RPC result: jsonrpc",
			legacy(call(1), { id: 1, result: text }),
		],
		[
			"result and error in one",
			"JSON-RPC error",
			legacy(call(1), { ...result(1, text), ...error(1, 1) }),
		],
		[
			"an error whose code is a text",
			"JSON-RPC error: error.code",
			legacy(call(1), error(1, "EX")),
		],
		[
			"an error without a message",
			"JSON-RPC error: error.message",
			legacy(call(1), { jsonrpc: "2.0", id: 1, error: { code: 1 } }),
		],
		[
			"no message at all",
			"nothing of JSON-RPC",
			legacy(call(1), { hello: "world" }),
		],
		["an array", "no JSON object", legacy(call(1), [1])],
		[
			"a notification with bad params",
			"ProgressNotification: params.progressToken",
			legacy(call(1), note("notifications/progress", { progress: 1 })),
		],
		[
			"a notification whose params are a list",
			"JSON-RPC notification: params",
			legacy(call(1), note("notifications/tools/list_changed", [])),
		],
		[
			"a question with bad params",
			"ElicitRequest: params",
			legacy(call(1), request(9, "elicitation/create", { message: "?" })),
		],
		[
			"a question that only clients ask",
			'"tools/call" is no request of a server',
			legacy(call(1), call(9)),
		],
		[
			"a batch where none was sent",
			"a batch",
			session("2025-03-26", (s) => json(call(1), [result(1, text)], s)),
		],
		[
			"a batch in another revision than 2025-03-26",
			"in a batch",
			session("2025-06-18", (s) => json([call(1)], [result(1, text)], s)),
		],
		[
			"JSON that is none",
			"not JSON",
			session("2025-11-25", (s) => post(call(1), "{", s)),
		],
		[
			"a body that is neither JSON nor a stream",
			"neither JSON nor an event stream",
			session("2025-11-25", (s) =>
				post(call(1), "ok", { ...s, type: "text/plain" }),
			),
		],
		[
			"an event of another name",
			'named "data"',
			session("2025-11-25", (s) =>
				post(call(1), "event: data\ndata: {}\n\n", {
					...s,
					type: "text/event-stream",
				}),
			),
		],
		[
			"a modern result without resultType",
			"resultType is undefined",
			[json(modernCall(1), result(1, text))],
		],
		[
			"a modern result of an unknown type",
			'resultType is "later"',
			[json(modernCall(1), result(1, { ...text, resultType: "later" }))],
		],
		[
			"a modern result of an unknown method without resultType",
			"resultType is undefined",
			[json(modern(1, "fixture/x"), result(1, {}))],
		],
		[
			"a modern list without ttlMs",
			"ttlMs is undefined",
			[
				json(
					modern(1, "tools/list"),
					complete(1, { cacheScope: "public", tools: [] }),
				),
			],
		],
		[
			"a modern list without cacheScope",
			"cacheScope is undefined",
			[json(modern(1, "tools/list"), complete(1, { ttlMs: 0, tools: [] }))],
		],
		[
			"a modern list without its entries",
			"ListToolsResult: tools",
			[json(modern(1, "tools/list"), complete(1, cached))],
		],
		[
			"a server's identity that is none",
			"serverInfo",
			[
				json(
					modernCall(1),
					complete(1, {
						...text,
						_meta: { "io.modelcontextprotocol/serverInfo": { name: "x" } },
					}),
				),
			],
		],
		[
			"input required where none may be",
			'the result of tools/list is "input_required"',
			[
				json(
					modern(1, "tools/list"),
					result(1, { resultType: "input_required", requestState: "s" }),
				),
			],
		],
		[
			"input required without saying which",
			"neither inputRequests nor requestState",
			[json(modernCall(1), result(1, { resultType: "input_required" }))],
		],
		[
			"input required by a bad question",
			"inputRequests.who",
			[
				json(
					modernCall(1),
					result(1, {
						resultType: "input_required",
						inputRequests: {
							who: { method: "elicitation/create", params: {} },
						},
					}),
				),
			],
		],
		[
			"a modern question by a request",
			"asks nothing by a request",
			[stream(modernCall(1), [request(5, "roots/list")])],
		],
		[
			"a modern notification that the revision has taken away",
			'"notifications/elicitation/complete" is no notification of a server in 2026-07-28',
			[
				stream(modernCall(1), [
					note("notifications/elicitation/complete", { elicitationId: "x" }),
				]),
			],
		],
		[
			"-32021 without the capabilities",
			"requiredCapabilities",
			[json(modernCall(1), error(1, -32021), { status: 400 })],
		],
		[
			"-32022 without the revisions",
			"supported",
			[
				json(modernCall(1), error(1, -32022, { requested: "x" }), {
					status: 400,
				}),
			],
		],
		[
			"null as the id of a modern refusal",
			"JSON-RPC error: id",
			[json(modernCall(1), error(null, -32602), { status: 400 })],
		],
		[
			"a subscription that begins without its acknowledgement",
			"comes before",
			[
				stream(modern(1, "subscriptions/listen", { notifications: {} }), [
					note("notifications/tools/list_changed", subscription(1)),
				]),
			],
		],
		[
			"a subscription's message with another type of its id",
			'subscriptionId is "1" instead of 1',
			[
				stream(modern(1, "subscriptions/listen", { notifications: {} }), [
					note("notifications/subscriptions/acknowledged", {
						notifications: {},
						...subscription("1"),
					}),
				]),
			],
		],
	])("%s", async (_what, problem, exchanges) => {
		const breach = await expectOne(problem, ...exchanges);
		expect(breach).toMatchObject({ to: "client", server: "a" });
	});

	test("one of which only the ends were kept, and that are none of a message", async () => {
		await expectOne(
			"jsonrpc",
			...session("2025-11-25", (s) =>
				json(call(1), { x: "x".repeat(300_000) }, s),
			),
		);
	});
});

describe("a message to a child is a breach", () => {
	test.each<
		[what: string, problem: string, lines: { in?: unknown; out?: unknown }[]]
	>([
		[
			"initialize without clientInfo",
			"InitializeRequest: params.clientInfo",
			[
				{
					in: request(0, "initialize", {
						protocolVersion: "2025-11-25",
						capabilities: {},
					}),
				},
			],
		],
		[
			"a request with bad params",
			"CallToolRequest: params.name",
			[...handshake(), { in: call(1, {}) }],
		],
		[
			"a request whose id is none",
			"JSON-RPC request: id",
			[...handshake(), { in: call(1.5) }],
		],
		[
			"a notification with bad params",
			"CancelledNotification",
			[
				...handshake(),
				{ in: note("notifications/cancelled", { requestId: {} }) },
			],
		],
		[
			"an answer that is none",
			"ListRootsResult: roots",
			[
				...handshake(),
				{ out: request("q", "roots/list") },
				{ in: result("q", {}) },
			],
		],
		[
			"an answer to nothing",
			'the id "q"',
			[...handshake(), { in: result("q", {}) }],
		],
		["a line that is not JSON", "not JSON", [...handshake(), { in: "{" }]],
		[
			"server/discover to a legacy one",
			'"server/discover" is no request of a client',
			[...handshake(), { in: request(1, "server/discover") }],
		],
		[
			"anything modern without _meta",
			"params._meta is missing",
			[{ in: modern(1, "server/discover") }, { in: request(2, "tools/list") }],
		],
		[
			"anything modern without capabilities in _meta",
			"lacks io.modelcontextprotocol/clientCapabilities",
			[
				{
					in: request(1, "tools/list", {
						_meta: {
							...meta,
							"io.modelcontextprotocol/clientCapabilities": undefined,
						},
					}),
				},
			],
		],
		[
			"anything modern without a version in _meta",
			"lacks io.modelcontextprotocol/protocolVersion",
			[
				{
					in: request(1, "fixture/x", {
						_meta: { "io.modelcontextprotocol/clientCapabilities": {} },
					}),
				},
			],
		],
		[
			"ping to a modern one",
			'"ping" is no request of a client in 2026-07-28',
			[{ in: modern(1, "ping") }],
		],
		[
			"notifications/initialized to a modern one",
			"is no notification",
			[{ in: note("notifications/initialized") }],
		],
	])("%s", async (_what, problem, lines) => {
		child(lines);
		expect(await expectOne(problem)).toMatchObject({
			to: "child",
			server: "a",
		});
	});
});

describe("what came in invalid", () => {
	const bad = { content: [{ text: "of no type" }] };

	test("a child's result may go out as it came, and only that", async () => {
		child([...handshake(), { in: call(7) }, { out: result(7, bad) }]);
		const answered = (members: unknown) =>
			session("2025-11-25", (s) => json(call(1), result(1, members), s));
		expect(await breachesOf(...answered(bad))).toEqual([]);
		await expectOne(
			"CallToolResult",
			...answered({ content: [{ text: "another" }] }),
		);
		await expectOne(
			"ListToolsResult",
			...session("2025-11-25", (s) =>
				json(request(1, "tools/list"), result(1, bad), s),
			),
		);
	});

	test("excuses nothing of another server", async () => {
		child([...handshake(), { in: call(7) }, { out: result(7, bad) }], "b");
		await expectOne(
			"CallToolResult",
			...session("2025-11-25", (s) => json(call(1), result(1, bad), s)),
		);
	});

	test("a valid message that goes out broken is a breach", async () => {
		child([...handshake(), { in: call(7) }, { out: result(7, text) }]);
		await expectOne(
			"CallToolResult",
			...session("2025-11-25", (s) => json(call(1), result(1, bad), s)),
		);
	});

	test("a client's params may reach the child, and only those", async () => {
		const exchanges = session("2025-11-25", (s) =>
			json(call(1, { arguments: { a: 1, b: 2 } }), error(1, -32602), s),
		);
		child([
			...handshake(),
			{
				in: call(7, { arguments: { b: 2, a: 1 }, _meta: { progressToken: 3 } }),
			},
		]);
		expect(await breachesOf(...exchanges)).toEqual([]);
		child([...handshake(), { in: call(7, { arguments: { a: 1 } }) }]);
		await expectOne("params.name", ...exchanges);
	});

	test("a client's answer may reach the child", async () => {
		child([
			...handshake(),
			{ out: request("q", "roots/list") },
			{ in: result("q", { roots: 5 }) },
		]);
		expect(
			await breachesOf(
				...session(
					"2025-11-25",
					(s) =>
						stream(call(1), [request("x", "roots/list"), result(1, text)], s),
					(s) => post(result("x", { roots: 5 }), "", { ...s, status: 202 }),
				),
			),
		).toEqual([]);
	});

	test("a token that a child did not give excuses none that is broken", async () => {
		const progress = (members: Members) =>
			note("notifications/progress", { progress: 1, ...members });
		child([...handshake(), { in: call(7) }, { out: progress({}) }]);
		await expectOne(
			"progressToken",
			...session("2025-11-25", (s) =>
				stream(
					call(1),
					[progress({ progressToken: null }), result(1, text)],
					s,
				),
			),
		);
	});

	test("what a modern child leaves out may be left out, and not where it did not", async () => {
		const list = (more: Members) =>
			result(1, { resultType: "complete", tools: [tool], ...more });
		child([{ in: modern(1, "tools/list") }, { out: list({ ttlMs: 0 }) }]);
		const listed = (more: Members) => json(modern(1, "tools/list"), list(more));
		expect(await breachesOf(listed({ ttlMs: 0 }))).toEqual([]);
		await expectOne("ttlMs", listed({ cacheScope: "public" }));
	});

	test("an id or token that is none may be given back", async () => {
		const progress = note("notifications/progress", {
			progressToken: 2.5,
			progress: 1,
		});
		expect(
			await breachesOf(
				...session("2025-11-25", (s) =>
					stream(
						call(1.5, { name: "echo", _meta: { progressToken: 2.5 } }),
						[progress, result(1.5, text)],
						s,
					),
				),
			),
		).toEqual([]);
	});

	test("a part may go out in another message of another era, and the rest has to be right", async () => {
		const nameless = { inputSchema: { type: "object" } };
		child([
			...handshake(),
			{ in: request(7, "tools/list") },
			{ out: result(7, { tools: [tool, nameless] }) },
			{ in: call(8) },
			{ out: request("q", "elicitation/create", { message: 5 }) },
		]);
		const list = (tools: unknown[]) =>
			json(modern(1, "tools/list"), complete(1, { ...cached, tools }));
		const asked = (inputRequests: unknown) =>
			json(
				modernCall(2),
				result(2, { resultType: "input_required", inputRequests }),
			);
		const wrong = { method: "elicitation/create", params: { message: 5 } };
		expect(
			await breachesOf(
				list([nameless, tool]),
				asked({ a: elicitation, b: wrong }),
			),
		).toEqual([]);
		await expectOne("tools.0.name", list([{ ...nameless, title: "T" }]));
		await expectOne(
			"ttlMs",
			json(
				modern(1, "tools/list"),
				complete(1, { cacheScope: "public", tools: [nameless] }),
			),
		);
		await expectOne(
			"inputRequests.b",
			asked({ a: wrong, b: { ...wrong, params: {} } }),
		);
	});

	test("who the two sides are may go from handshake to _meta and back", async () => {
		const nobody = { name: "nobody" };
		child([
			{ in: initialize() },
			{ out: initialized("2025-11-25", { serverInfo: nobody }) },
			{ in: note("notifications/initialized") },
		]);
		child([
			{
				in: request(1, "tools/list", {
					_meta: { ...meta, "io.modelcontextprotocol/clientInfo": nobody },
				}),
			},
		]);
		const discovered = complete(1, {
			...cached,
			supportedVersions: ["2026-07-28"],
			capabilities: {},
			_meta: { "io.modelcontextprotocol/serverInfo": nobody },
		});
		const greeted = {
			...initialize(),
			params: {
				protocolVersion: "2025-11-25",
				capabilities: {},
				clientInfo: nobody,
			},
		};
		expect(
			await breachesOf(
				json(greeted, initialized("2025-03-26", { serverInfo: nobody }), {
					session: "s",
				}),
				json(modern(1, "server/discover"), discovered),
			),
		).toEqual([]);
	});
});

test("a report says to whom, of which server, in which test, what and why", async () => {
	const at = Date.now();
	const exchanges = session(
		"2025-06-18",
		(s) => json(request(1, "tools/list"), result(1, {}), s),
		(s) => json(request(2, "tools/list"), result(2, {}), s),
	);
	const report = describeBreaches(await breachesOf(...exchanges), (when) =>
		when >= at ? "the test" : undefined,
	);
	expect(report).toContain("2 messages");
	expect(report).toContain(
		'bridge → client, server "a", revision 2025-06-18, 2 times',
	);
	expect(report).toContain("in the test: the test");
	expect(report).toContain("as ListToolsResult: tools");
	expect(report).toContain('{"jsonrpc":"2.0","id":1,"result":{}}');
});
