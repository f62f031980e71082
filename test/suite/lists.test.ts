import { beforeAll, describe, expect, test } from "vitest";
import { connect, type Json } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import { messagesOf, post } from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";

/** What is known of a server's lists, where it lists in an odd way, or a client asks in one. */

const eras = ["legacy", "modern"] as const;
const ways = ["plain", "failing", "empty", "refusing", "behind", "null"];
const kept = ["open", "large"];

let bridge: Bridge;
beforeAll(async () => {
	const entries = (names: string[], options: Json) =>
		eras.flatMap((era) =>
			names.map((way) => [
				`${era}-${way}`,
				fixture("listing", [era, way], { isolation: "shared", ...options }),
			]),
		);
	bridge = await startBridge({
		servers: Object.fromEntries([
			...entries(ways, {}),
			...entries(["silent"], { requestTimeoutMs: 1000 }),
			...entries(kept, { idleTimeoutMs: 100 }),
		]),
	});
});

describe.each(eras)("a call of a %s server's tool", (era) => {
	const call = async (way: string, headers: Record<string, string> = {}) => {
		const params = { name: "route", arguments: { region: "eu" } };
		const client = new ModernClient(bridge, `${era}-${way}`);
		return client.request("tools/call", params, { headers });
	};
	const region = { "mcp-param-region": "eu" };

	test.each([
		["failing", { code: -32603, data: { code: "TOOLS_NOT_LISTED" } }],
		["silent", { data: { code: "REQUEST_TIMEOUT" } }],
	])("does not pass unchecked since its list is %s: it is refused, and for the next one the list is asked for again", async (way, error) => {
		expect((await call(way)).response).toMatchObject({ error });
		const unmirrored = await call(way);
		expect(unmirrored).toMatchObject({
			status: 400,
			response: { error: { code: -32020 } },
		});
		const mirrored = await call(way, region);
		expect(mirrored).toMatchObject({
			status: 200,
			response: { result: { content: [{ text: "2" }] } },
		});
	});

	test.each([
		["empty", 3],
		["refusing", 2],
		["behind", 2],
		["null", 1],
	])("is checked where its list has an end that is %s, which takes %i pages", async (way, pages) => {
		expect((await call(way)).status).toBe(400);
		const { response } = await call(way, region);
		expect(response.result).toMatchObject({
			content: [{ text: String(pages) }],
		});
	});

	test("is checked by the list that its client has read, without another", async () => {
		const client = new ModernClient(bridge, `${era}-plain`);
		const { tools } = await client.result("tools/list");
		expect(tools).toHaveLength(1);
		expect((await call("plain")).status).toBe(400);
		expect(await client.text("route")).toBe("1");
	});
});

describe.each(
	eras,
)("of a %s server that writes null where there is nothing", (era) => {
	test("a strict client gets whole lists", async () => {
		const client = await connect(bridge, `${era}-null`);
		const page = await client.request("tools/list", {});
		expect(page).toMatchObject({ tools: [{ name: "route" }] });
		expect(page).not.toHaveProperty("nextCursor");
		expect(await client.request("prompts/list", {})).toMatchObject({
			prompts: [],
		});
		expect(await client.request("resources/list", {})).toMatchObject({
			resources: [],
		});
		const templates = await client.request("resources/templates/list", {});
		expect(templates).toMatchObject({ resourceTemplates: [] });
		await client.close();
		const { repaired } = await serverStatus(bridge, `${era}-null`);
		expect(repaired).toMatchObject({ "null-in-list": expect.any(Number) });
	});
});

describe.each(eras)("while a %s server is stopped", (era) => {
	/** What the page under a cursor holds. */
	const page = async (way: string, cursor?: string): Promise<string> => {
		const response = await post(`${bridge.url}/servers/${era}-${way}/mcp`, {
			jsonrpc: "2.0",
			id: 1,
			method: "tools/list",
			params: cursor === undefined ? {} : { cursor },
		});
		const [message] = await messagesOf(response);
		const [tool] = message?.result?.tools as { name: string }[];
		return tool?.name ?? "";
	};
	const isAsleep = (way: string) =>
		eventually(
			async () =>
				(await serverStatus(bridge, `${era}-${way}`)).state === "idle",
			"it is not stopped",
		);

	test("pages are known that it has led to, and none under a cursor that a client has made up", async () => {
		const made = await page("open", "made up");
		const first = await page("open");
		await isAsleep("open");
		expect(await page("open")).toBe(first);
		await isAsleep("open");
		expect(await page("open", "made up")).not.toBe(made);
	});

	test("a list that is very long is not known", async () => {
		const first = await page("large");
		await isAsleep("large");
		expect(await page("large")).not.toBe(first);
	});
});
