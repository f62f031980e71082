import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { ModernClient, modernRevision } from "../harness/modern-client.ts";
import { openSse, post } from "../harness/raw-http.ts";
import { expectOwnCode, refusal } from "../harness/refusals.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";

const eras = ["legacy", "modern"] as const;
const legacyRevisions = [
	"2025-11-25",
	"2025-06-18",
	"2025-03-26",
	"2024-11-05",
];
const key = (name: string) => `io.modelcontextprotocol/${name}`;
const maxBodyBytes = 100_000;

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: fixture("everything", [], { warm: 1 }),
			modern: fixture("everything-modern", [], { warm: 1 }),
			"legacy-own": fixture("everything", [], { isolation: "session" }),
			"modern-own": fixture("everything-modern", [], { isolation: "session" }),
			missing: { command: "a-command-that-is-nowhere" },
			dying: fixture("faulty", ["die-on-start", "7"]),
			silent: fixture("faulty", ["silent"], { startTimeoutMs: 200 }),
		},
		maxBodyBytes,
	});
});

const clientOf = (server: string) => new ModernClient(bridge, server);

describe("a request that is none of this revision", () => {
	const raw = (body: unknown, headers: Record<string, string> = {}) =>
		post(clientOf("legacy").url, body, {
			"mcp-protocol-version": modernRevision,
			"mcp-method": "tools/list",
			...headers,
		});
	const named = (version: unknown, more: Json = {}) => ({
		jsonrpc: "2.0",
		id: "own",
		method: "tools/list",
		params: {
			_meta: {
				[key("protocolVersion")]: version,
				[key("clientCapabilities")]: {},
				...more,
			},
		},
	});

	test.each<[string, unknown]>([
		["no params", { jsonrpc: "2.0", id: "own", method: "tools/list" }],
		["no _meta", { ...named(modernRevision), params: {} }],
		["a _meta that is a text", { ...named(""), params: { _meta: "m" } }],
		["an empty _meta", { ...named(""), params: { _meta: {} } }],
		["a version that is a number", named(20260728)],
		[
			"no capabilities",
			named(modernRevision, { [key("clientCapabilities")]: undefined }),
		],
		[
			"capabilities that are an array",
			named(modernRevision, { [key("clientCapabilities")]: [] }),
		],
		[
			"a client that is a name",
			named(modernRevision, { [key("clientInfo")]: "me" }),
		],
		[
			"a log level that there is not",
			named(modernRevision, { [key("logLevel")]: "loud" }),
		],
	])("since it has %s is refused with 400 and invalid params", async (_what, body) => {
		expect(await refusal(await raw(body))).toMatchObject([
			400,
			{
				id: "own",
				error: { code: -32602, message: expect.stringContaining("_meta") },
			},
		]);
	});

	test.each<[string, unknown, string]>([
		["header and body", named("1900-01-01"), "1900-01-01"],
		[
			"header and body, though it has not what this one requires",
			named("2027-01-01", { [key("clientCapabilities")]: undefined }),
			"2027-01-01",
		],
		[
			"its header alone",
			{ jsonrpc: "2.0", id: "own", method: "tools/list" },
			"2099-01-01",
		],
	])("but of another one by %s is refused with 400 and all that are served", async (_what, body, requested) => {
		const headers = { "mcp-protocol-version": requested };
		const [status, { id, error }] = await refusal(await raw(body, headers));
		expect([status, id, error?.code]).toEqual([400, "own", -32022]);
		expect(error?.data).toEqual({
			supported: [modernRevision, ...legacyRevisions],
			requested,
		});
	});

	test("since its body is no message is refused with 400", async () => {
		for (const [body, code] of [
			["{", -32700],
			["5", -32600],
			["{}", -32600],
		] as const) {
			expect(await refusal(await raw(body))).toMatchObject([
				400,
				{ error: { code } },
			]);
		}
	});

	test("since it is one of a batch is refused with 400, and nothing of the batch is served", async () => {
		const client = clientOf("legacy");
		const batch = ["one", "two"].map((id) =>
			client.message("tools/list", {}, { id }),
		);
		const plain = { jsonrpc: "2.0", id: 3, method: "tools/list" };
		const before = await serverStatus(bridge, "legacy");
		for (const revision of [modernRevision, "2025-03-26"]) {
			for (const body of [batch, [plain, batch[0]], [batch[0]]]) {
				const headers = { "mcp-protocol-version": revision };
				expect(await refusal(await raw(body, headers))).toMatchObject([
					400,
					{ error: { code: -32600 } },
				]);
			}
		}
		expect((await serverStatus(bridge, "legacy")).shared?.inFlight).toBe(
			before.shared?.inFlight,
		);
	});
});

describe("other refusals", () => {
	test("403 for a foreign origin", async () => {
		const response = await clientOf("modern").post(
			"tools/list",
			{},
			{ headers: { origin: "https://attacker.example" } },
		);
		expect((await refusal(response))[0]).toBe(403);
	});

	test("404 for a server that there is not", async () => {
		const response = await clientOf("nobody").post("tools/list");
		expect((await refusal(response))[0]).toBe(404);
	});

	test("405 for a GET without a session, and for methods that there are not", async () => {
		const { url } = clientOf("modern");
		const headers = {
			accept: "text/event-stream",
			"mcp-protocol-version": modernRevision,
		};
		for (const method of ["GET", "PUT", "PATCH"]) {
			const response = await fetch(url, { method, headers });
			expect([method, response.status]).toEqual([method, 405]);
			expect(response.headers.get("allow")).toContain("POST");
			await response.body?.cancel();
		}
	});

	test("406 for subscriptions/listen of a client that takes no stream", async () => {
		for (const era of eras) {
			const response = await clientOf(era).post(
				"subscriptions/listen",
				{ notifications: { toolsListChanged: true } },
				{ id: "own", headers: { accept: "application/json" } },
			);
			expect(await refusal(response)).toMatchObject([
				406,
				{ id: "own", error: { code: -32600 } },
			]);
		}
	});

	test("413 for a body over the limit", async () => {
		const response = await clientOf("modern").post("tools/call", {
			name: "echo",
			arguments: { message: "x".repeat(maxBodyBytes) },
		});
		expect((await refusal(response))[0]).toBe(413);
	});

	test("an error on the stream of HTTP+SSE, which names its own revisions: its client goes on with initialize", async () => {
		const stream = await openSse(`${bridge.url}/servers/legacy/sse`);
		const { data } = await stream.event(({ event }) => event === "endpoint");
		const endpoint = new URL(data ?? "", bridge.url);
		const client = clientOf("legacy");
		for (const method of ["server/discover", "tools/list", "initialize"]) {
			const body = client.message(method, {}, { id: method });
			const response = await post(endpoint, body, {
				"mcp-protocol-version": modernRevision,
				"mcp-method": method,
			});
			expect([method, response.status]).toEqual([method, 202]);
			const message = await stream.message(({ id }) => id === method);
			expectOwnCode(message);
			expect(message.error).toMatchObject({
				code: -32022,
				data: {
					requested: modernRevision,
					supported: legacyRevisions.toReversed(),
				},
			});
		}
		// It is open to legacy messages all the same.
		const ping = { jsonrpc: "2.0", id: "ping", method: "ping" };
		expect((await post(endpoint, ping)).status).toBe(202);
		await stream.message(({ id }) => id === "ping");
		expect(stream.messages).toHaveLength(4);
		stream.close();
	});
});

describe("a server that cannot serve", () => {
	const discover: [string, Json] = ["server/discover", {}];
	const call: [string, Json] = ["tools/call", { name: "echo" }];
	const listen: [string, Json] = [
		"subscriptions/listen",
		{ notifications: {} },
	];

	test.each<[string, string, string, [string, Json][]]>([
		[
			"missing",
			"COMMAND_NOT_FOUND",
			"a-command-that-is-nowhere",
			[discover, call, listen],
		],
		["dying", "CHILD_EXITED", "the third line on stderr", [call]],
		["silent", "START_TIMEOUT", "startTimeoutMs", [call]],
	])("since it is %s answers with 200 and the cause", async (server, code, words, requests) => {
		for (const [method, params] of requests) {
			const { status, response } = await clientOf(server).request(
				method,
				params,
				{ id: method },
			);
			expect(status).toBe(200);
			expect(response).toMatchObject({
				id: method,
				error: {
					message: expect.stringContaining(words),
					data: { code, server },
				},
			});
			expectOwnCode(response);
		}
	});

	test.each(
		eras,
	)("since its %s child died over a request answers that with 200 and the cause, and the next one from a new child", async (era) => {
		const client = clientOf(`${era}-own`);
		const before = await client.text("pid");
		const { status, response } = await client.request("tools/call", {
			name: "exit",
			arguments: { code: 4 },
		});
		expect(status).toBe(200);
		expect(response.error?.data).toMatchObject({
			code: "CHILD_EXITED",
			exitCode: 4,
		});
		expectOwnCode(response);
		expect(await client.text("pid")).not.toBe(before);
	});
});
