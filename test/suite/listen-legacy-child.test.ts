import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import { everyCapability } from "../harness/questions.ts";
import type { Message, SseReader } from "../harness/raw-http.ts";
import { recorded, recordedOf, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { killChild, serverStatus } from "../harness/status.ts";

/** subscriptions/listen of modern clients on a legacy child. */

const file = scratch();
const record = file("record");
const subscriptionId = "io.modelcontextprotocol/subscriptionId";
const everyList = {
	toolsListChanged: true,
	promptsListChanged: true,
	resourcesListChanged: true,
};

const capabilities = { tools: { listChanged: true }, resources: {} };
const servers = {
	raw: recording("legacy-raw", record),
	counted: recording("legacy-raw", file("counted")),
	mortal: recording("legacy-raw", file("mortal")),
	tools: recording("legacy-raw", file("tools"), {
		env: { CAPABILITIES: JSON.stringify(capabilities) },
	}),
	removed: recording("legacy-raw", file("removed")),
	edited: recording("legacy-raw", file("before")),
};

let bridge: Bridge;
let client: ModernClient;
beforeAll(async () => {
	bridge = await startBridge({ servers });
	client = new ModernClient(bridge, "raw");
});

const touch = (uri: string, of = client) => of.text("touch", { uri });
const change = (list: string, of = client) => of.text("change", { list });
const updated = "notifications/resources/updated";
const urisOf = ({ messages }: SseReader) =>
	messages
		.filter(({ method }) => method === updated)
		.map(({ params }) => params?.uri);
const methodsOf = ({ messages }: SseReader) =>
	messages.map(({ method }) => method);
const isUpdate =
	(uri: string) =>
	({ method, params }: Message) =>
		method === updated && params?.uri === uri;
/** Every stream that hears of the tools has by now what was sent before. */
async function settle(...streams: SseReader[]): Promise<void> {
	const isChange = ({ method }: Message) =>
		method === "notifications/tools/list_changed";
	const before = streams.map(
		({ messages }) => messages.filter(isChange).length,
	);
	await change("tools");
	for (const [index, stream] of streams.entries())
		await stream.until(
			({ messages }) =>
				messages.filter(isChange).length > (before[index] ?? 0) || undefined,
			"list_changed of the tools",
		);
}

describe("a subscription", () => {
	test.each([
		7,
		"7",
		0,
		"",
		"a string",
	])("by a request with the id %j carries just that id, from its acknowledgement on", async (id) => {
		const uri = `file:///${id}`;
		const filter = { toolsListChanged: true, resourceSubscriptions: [uri] };
		const stream = await client.listen(filter, { id });
		expect(stream.messages[0]).toEqual({
			jsonrpc: "2.0",
			method: "notifications/subscriptions/acknowledged",
			params: { notifications: filter, _meta: { [subscriptionId]: id } },
		});
		await client.text("touch", { uri, title: "whole" });
		await settle(stream);
		expect(stream.messages.slice(1)).toEqual([
			{
				jsonrpc: "2.0",
				method: updated,
				params: { uri, title: "whole", _meta: { [subscriptionId]: id } },
			},
			{
				jsonrpc: "2.0",
				method: "notifications/tools/list_changed",
				params: { _meta: { [subscriptionId]: id } },
			},
		]);
		stream.close();
	});

	test("hears of what it asked for and of nothing else", async () => {
		const filters: Json[] = [
			{ toolsListChanged: true },
			{ toolsListChanged: true, promptsListChanged: true },
			{ toolsListChanged: true, resourcesListChanged: false },
			{ toolsListChanged: true, resourceSubscriptions: ["file:///a"] },
			{
				toolsListChanged: true,
				resourcesListChanged: true,
				resourceSubscriptions: ["file:///b", "file:///c"],
			},
		];
		const streams = await Promise.all(
			filters.map((filter) => client.listen(filter)),
		);
		for (const list of ["prompts", "resources"]) await change(list);
		for (const name of ["a", "b", "c", "d"]) await touch(`file:///${name}`);
		await settle(...streams);
		const acknowledged = "notifications/subscriptions/acknowledged";
		const changed = (list: string) => `notifications/${list}/list_changed`;
		expect(streams.map(methodsOf)).toEqual([
			[acknowledged, changed("tools")],
			[acknowledged, changed("prompts"), changed("tools")],
			[acknowledged, changed("tools")],
			[acknowledged, updated, changed("tools")],
			[acknowledged, changed("resources"), updated, updated, changed("tools")],
		]);
		expect(streams.map(urisOf)).toEqual([
			[],
			[],
			[],
			["file:///a"],
			["file:///b", "file:///c"],
		]);
		for (const stream of streams) stream.close();
	});

	test("is acknowledged for what the server offers, and for no more", async () => {
		const tools = new ModernClient(bridge, "tools");
		const stream = await tools.listen({
			...everyList,
			resourceSubscriptions: ["file:///a"],
		});
		expect(stream.messages[0]?.params?.notifications).toEqual({
			toolsListChanged: true,
		});
		expect(recordedOf(file("tools"), "resources/subscribe")).toEqual([]);
		stream.close();
	});

	test("is acknowledged for the resources that the child lets be subscribed to", async () => {
		const uris = ["file:///good", "refused:///bad"];
		const stream = await client.listen({ resourceSubscriptions: uris });
		expect(stream.messages[0]?.params?.notifications).toEqual({
			resourceSubscriptions: ["file:///good"],
		});
		stream.close();
	});

	test("gets no log message, though the server sends some", async () => {
		const stream = await client.listen(
			{ toolsListChanged: true },
			{ logLevel: "debug" },
		);
		const log = { level: "error", data: "not for subscriptions" };
		await client.text("say", {
			messages: [{ method: "notifications/message", params: log }],
		});
		await settle(stream);
		expect(methodsOf(stream)).not.toContain("notifications/message");
		stream.close();
	});

	test("without a filter, or with one that is none, is refused", async () => {
		for (const notifications of [
			undefined,
			null,
			[],
			"tools",
			{ resourceSubscriptions: "file:///a" },
			{ resourceSubscriptions: [7] },
		]) {
			const { response } = await client.request("subscriptions/listen", {
				notifications,
			});
			expect(response.error?.code, JSON.stringify(notifications)).toBe(-32602);
		}
	});
});

describe("subscriptions of several clients", () => {
	const counted = file("counted");
	const subscriptions = (uri: string) =>
		recorded(counted)
			.map(({ message }) => message)
			.filter(
				({ method, params }) =>
					method?.startsWith("resources/") && params?.uri === uri,
			)
			.map(({ method }) => method);

	test("are one at the child, which hears again when the last is gone", async () => {
		const uri = "file:///shared";
		const clients = [1, 2, 3].map(() => new ModernClient(bridge, "counted"));
		// One after the other: what the child has not agreed to yet is asked for by each.
		const streams: SseReader[] = [];
		for (const one of clients)
			streams.push(await one.listen({ resourceSubscriptions: [uri] }));
		const [first, second, third] = streams as [SseReader, SseReader, SseReader];
		const who = clients[0] as ModernClient;
		await touch(uri, who);
		for (const stream of streams) await stream.message(isUpdate(uri));
		expect(subscriptions(uri)[0]).toBe("resources/subscribe");
		expect(subscriptions(uri)).not.toContain("resources/unsubscribe");

		first.close();
		second.close();
		const clientsOn = async () =>
			(await serverStatus(bridge, "counted")).shared?.clients;
		await eventually(
			async () => (await clientsOn()) === 1,
			"two clients have not gone",
		);
		expect(subscriptions(uri)).not.toContain("resources/unsubscribe");
		await touch(uri, who);
		await third.until(
			(stream) => (urisOf(stream).length === 2 ? true : undefined),
			"the second update",
		);

		third.close();
		await eventually(
			() => subscriptions(uri).includes("resources/unsubscribe"),
			"the child is not unsubscribed from",
		);
		expect(subscriptions(uri)).toEqual([
			"resources/subscribe",
			"resources/unsubscribe",
		]);
		expect([first, second].map(urisOf)).toEqual([[uri], [uri]]);
	});

	test("for a resource that the child refuses are acknowledged without it, also the one that came while the first was asked for", async () => {
		const uri = "late-refused:///a";
		const listens = [1, 2].map(() =>
			new ModernClient(bridge, "counted").listen({
				toolsListChanged: true,
				resourceSubscriptions: [uri],
			}),
		);
		await eventually(
			async () =>
				subscriptions(uri).length > 0 &&
				(await serverStatus(bridge, "counted")).shared?.clients === 2,
			"the child is not asked",
		);
		await new ModernClient(bridge, "counted").text("say");
		for (const stream of await Promise.all(listens)) {
			expect(stream.messages[0]?.params?.notifications).toEqual({
				toolsListChanged: true,
				resourceSubscriptions: [],
			});
			stream.close();
		}
	});

	test("with the same id stay apart", async () => {
		const streams = await Promise.all(
			["file:///one", "file:///two"].map((uri) =>
				new ModernClient(bridge, "raw").listen(
					{ toolsListChanged: true, resourceSubscriptions: [uri] },
					{ id: 1 },
				),
			),
		);
		await touch("file:///two");
		await touch("file:///one");
		await settle(...streams);
		expect(streams.map(urisOf)).toEqual([["file:///one"], ["file:///two"]]);
		for (const stream of streams) stream.close();
	});

	test("of clients that have children of their own work there", async () => {
		const own = new ModernClient(bridge, "raw", {
			capabilities: everyCapability,
		});
		const uri = "file:///own";
		const stream = await own.listen({ resourceSubscriptions: [uri] });
		await touch(uri, own);
		await stream.message(isUpdate(uri));
		stream.close();
	});
});

describe("a subscription ends", () => {
	const ended = (id: string | number) => ({
		jsonrpc: "2.0",
		id,
		result: { resultType: "complete", _meta: { [subscriptionId]: id } },
	});

	test("not with the child: updates come again from the next one", async () => {
		const one = new ModernClient(bridge, "mortal");
		const uri = "file:///lasting";
		const stream = await one.listen({
			toolsListChanged: true,
			resourceSubscriptions: [uri],
		});
		for (let life = 1; life <= 2; life++) {
			const pid = Number(await one.text("pid"));
			await killChild(bridge, "mortal", pid);
			// Whoever asks something starts the next.
			await touch(uri, one);
			await change("tools", one);
			await stream.until(
				({ messages }) => (messages.length === 1 + 2 * life ? true : undefined),
				"an update and a change from the next child",
			);
		}
		const subscribed = recorded(file("mortal")).filter(
			({ message }) => message.method === "resources/subscribe",
		);
		expect(new Set(subscribed.map(({ pid }) => pid)).size).toBe(3);
		expect(subscribed).toHaveLength(3);
		expect(methodsOf(stream).slice(1)).toEqual([
			updated,
			"notifications/tools/list_changed",
			updated,
			"notifications/tools/list_changed",
		]);
		expect(stream.over).toBe(false);
		stream.close();
	});

	test("by a result when its server is removed from the config; on one that is edited it goes over to the new child", async () => {
		const uri = "file:///edited";
		const filter = { toolsListChanged: true, resourceSubscriptions: [uri] };
		const [removed, edited, same] = (await Promise.all(
			["removed", "edited", "raw"].map((name) =>
				new ModernClient(bridge, name).listen(filter, { id: name }),
			),
		)) as [SseReader, SseReader, SseReader];
		const { removed: _, ...kept } = servers;
		const after = recording("legacy-raw", file("after"));
		bridge.editConfig({ servers: { ...kept, edited: after } });
		await removed.ended;
		expect(removed.messages.slice(1)).toEqual([ended("removed")]);

		await bridge.waitForLog("config taken into force");
		await touch(uri, new ModernClient(bridge, "edited"));
		await edited.message(isUpdate(uri));
		expect(recordedOf(file("after"), "resources/subscribe")).toHaveLength(1);
		await touch(uri);
		await same.message(isUpdate(uri));
		for (const stream of [edited, same]) stream.close();
	});

	test("by a result when the bridge stops", async () => {
		const streams = await Promise.all([
			client.listen({ toolsListChanged: true }, { id: "a" }),
			client.listen({ resourceSubscriptions: ["file:///a"] }, { id: 0 }),
		]);
		expect(await bridge.stop()).toEqual({ code: 0, signal: null });
		for (const stream of streams) await stream.ended;
		expect(streams.map(({ messages }) => messages.slice(1))).toEqual([
			[ended("a")],
			[ended(0)],
		]);
	});
});
