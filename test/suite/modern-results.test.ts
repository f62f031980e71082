import { beforeAll, describe, expect, test } from "vitest";
import { connect, type Json } from "../harness/clients.ts";
import { ModernClient, modernRevision } from "../harness/modern-client.ts";
import { waitUntilGone } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

const eras = ["legacy", "modern"] as const;
const legacyRevisions = [
	"2025-11-25",
	"2025-06-18",
	"2025-03-26",
	"2024-11-05",
];
const key = (name: string) => `io.modelcontextprotocol/${name}`;

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: fixture("everything", [], { warm: 1 }),
			modern: fixture("everything-modern", [], { warm: 1 }),
			"legacy-session": fixture("everything", [], { isolation: "session" }),
			"modern-session": fixture("everything-modern", [], {
				isolation: "session",
			}),
			"legacy-everybody": fixture("everything", [], { isolation: "shared" }),
		},
	});
});

const clientOf = (server: string) => new ModernClient(bridge, server);

describe.each(eras)("the results of a %s server", (era) => {
	const cacheable: [string, Json][] = [
		["server/discover", {}],
		["tools/list", {}],
		["prompts/list", {}],
		["resources/list", {}],
		["resources/templates/list", {}],
		["resources/read", { uri: "fixture://text/1" }],
	];
	const others: [string, Json][] = [
		["tools/call", { name: "pid" }],
		["prompts/get", { name: "greet" }],
		[
			"completion/complete",
			{
				ref: { type: "ref/prompt", name: "greet" },
				argument: { name: "style", value: "f" },
			},
		],
	];
	const serverInfo = expect.objectContaining({
		name: expect.stringMatching(/^everything/),
		version: "1.2.3",
		websiteUrl: "https://example.com/everything",
	});

	test.each([
		...cacheable,
		...others,
	])("of %s are complete and say whose they are", async (method, params) => {
		const result = await clientOf(era).result(method, params);
		expect(result.resultType).toBe("complete");
		expect(result._meta).toMatchObject({ [key("serverInfo")]: serverInfo });
	});

	test.each(
		cacheable,
	)("of %s say how long they hold, and for whom", async (method, params) => {
		const { ttlMs, cacheScope } = await clientOf(era).result(method, params);
		expect(Number.isInteger(ttlMs) && Number(ttlMs) >= 0).toBe(true);
		expect(["public", "private"]).toContain(cacheScope);
	});
});

describe("server/discover", () => {
	const supportedVersions = [modernRevision, ...legacyRevisions];

	test("of a legacy server is what it said in its handshake, and may not be kept", async () => {
		const direct = await connect(bridge, "legacy");
		const { client } = direct;
		expect(await clientOf("legacy").result("server/discover")).toEqual({
			resultType: "complete",
			supportedVersions,
			capabilities: client.getServerCapabilities(),
			instructions: client.getInstructions(),
			ttlMs: 0,
			cacheScope: "private",
			_meta: { [key("serverInfo")]: client.getServerVersion() },
		});
		await direct.close();
	});

	test("of a modern server is its own, in all revisions that are served", async () => {
		const result = await clientOf("modern").result("server/discover");
		expect(result).toMatchObject({
			resultType: "complete",
			supportedVersions,
			capabilities: { tools: { listChanged: true }, completions: {} },
			instructions: expect.stringContaining("漢"),
		});
	});
});

describe("isolation", () => {
	test.each(
		eras,
	)("session gives each modern request a %s child of its own, which ends with it, since nothing says whose it is", async (era) => {
		const server = `${era}-session`;
		const session = await RawClient.connect(bridge, server, "streamable");
		const pids = [
			await clientOf(server).text("pid"),
			await clientOf(server).text("pid"),
		];
		const own = await session.text(1, "pid");
		expect(new Set([...pids, own]).size).toBe(3);
		await waitUntilGone(pids.map(Number));
		expect(await session.text(2, "pid")).toBe(own);
		session.close();
	});

	test.each(
		eras,
	)("auto has clients of both eras share a %s child, where nobody can be asked", async (era) => {
		const session = await RawClient.connect(bridge, era, "streamable");
		const shared = await session.text(1, "pid");
		expect(await clientOf(era).text("pid")).toBe(shared);
		session.close();
	});

	test("auto gives a modern client that can be asked a legacy child of its own", async () => {
		const able = new ModernClient(bridge, "legacy", {
			capabilities: { roots: {} },
		});
		expect(await able.text("pid")).not.toBe(
			await clientOf("legacy").text("pid"),
		);
	});

	test("shared has everybody share, so that nobody is asked: the server is refused its question", async () => {
		const server = "legacy-everybody";
		const able = new ModernClient(bridge, server, {
			capabilities: { roots: {} },
		});
		expect(await able.text("pid")).toBe(await clientOf(server).text("pid"));
		const { response } = await able.request("tools/call", { name: "roots" });
		expect(response.error?.code).toBe(-32601);
	});
});
