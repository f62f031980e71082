import { beforeAll, describe, expect, test } from "vitest";
import { type Json, transports } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import {
	type Message,
	RawClient,
	type SseReader,
} from "../harness/raw-http.ts";
import { recorded, recordedOf, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { killChild, serverStatus } from "../harness/status.ts";

/** Subscriptions on a modern child: of modern clients, which it serves as they are, and of legacy ones. */

const file = scratch();
const record = file("record");
const protocol = "modern";
const subscriptionId = "io.modelcontextprotocol/subscriptionId";
const listen = "subscriptions/listen";
const updated = "notifications/resources/updated";
const acknowledged = "notifications/subscriptions/acknowledged";

const noChanges = JSON.stringify({ tools: {}, resources: {} });
const servers = {
	raw: recording("modern-raw", record, { protocol }),
	serial: recording("modern-raw", file("serial"), { protocol, concurrency: 1 }),
	ending: recording("modern-raw", file("ending"), { protocol }),
	mortal: recording("modern-raw", file("mortal"), { protocol }),
	legacy: recording("modern-raw", file("legacy"), { protocol }),
	silent: recording("modern-raw", file("silent"), {
		protocol,
		env: { CAPABILITIES: noChanges },
	}),
	removed: recording("modern-raw", file("removed"), { protocol }),
};

let bridge: Bridge;
let client: ModernClient;
beforeAll(async () => {
	bridge = await startBridge({ servers });
	client = new ModernClient(bridge, "raw");
});

const bare = ({ messages }: SseReader) =>
	messages.map(({ method, id, params, result }) => [
		method ?? id,
		(params?._meta as Json | undefined)?.[subscriptionId] ??
			(result?._meta as Json | undefined)?.[subscriptionId],
	]);
const isUpdate =
	(uri: string) =>
	({ method, params }: Message) =>
		method === updated && params?.uri === uri;

describe("a modern client's subscription on a modern child", () => {
	test("has its own id on every message, also where others have the same", async () => {
		const filters = [
			{ toolsListChanged: true, resourceSubscriptions: ["file:///a"] },
			{ promptsListChanged: true, resourceSubscriptions: ["file:///a"] },
			{ toolsListChanged: true, resourceSubscriptions: ["file:///b"] },
		];
		const ids = [1, "1", 1];
		const streams = (await Promise.all(
			filters.map((filter, index) =>
				client.listen(filter, { id: ids[index] as string }),
			),
		)) as [SseReader, SseReader, SseReader];
		await client.text("touch", { uri: "file:///b" });
		await client.text("touch", { uri: "file:///a" });
		for (const list of ["resources", "prompts", "tools"])
			await client.text("change", { list });
		const changed = (list: string) => `notifications/${list}/list_changed`;
		const last = [changed("tools"), changed("prompts"), changed("tools")];
		for (const [index, stream] of streams.entries())
			await stream.message(({ method }) => method === last[index]);
		expect(streams.map(bare)).toEqual([
			[
				[acknowledged, 1],
				[updated, 1],
				[changed("tools"), 1],
			],
			[
				[acknowledged, "1"],
				[updated, "1"],
				[changed("prompts"), "1"],
			],
			[
				[acknowledged, 1],
				[updated, 1],
				[changed("tools"), 1],
			],
		]);
		expect(streams[0].messages[0]?.params?.notifications).toEqual(filters[0]);
		for (const stream of streams) stream.close();
	});

	test("is cancelled at the child when its client closes the stream, and no other is", async () => {
		const uris = ["file:///closed", "file:///open"];
		const [closed, open] = (await Promise.all(
			uris.map((uri) => client.listen({ resourceSubscriptions: [uri] })),
		)) as [SseReader, SseReader];
		const sent = recordedOf(record, listen).find(({ params }) =>
			JSON.stringify(params).includes("file:///closed"),
		);
		closed.close();
		await eventually(
			() =>
				recordedOf(record, "notifications/cancelled").some(
					({ params }) => params?.requestId === sent?.id,
				),
			"the child does not hear of it",
		);
		await client.text("touch", { uri: "file:///open" });
		await open.message(isUpdate("file:///open"));
		open.close();
	});

	test("takes no turn of the child's: calls go on where it does one at a time", async () => {
		const serial = new ModernClient(bridge, "serial");
		const filter = { resourceSubscriptions: ["file:///a"] };
		const streams = await Promise.all([
			serial.listen(filter),
			serial.listen(filter),
		]);
		await serial.text("touch", { uri: "file:///a" });
		for (const stream of streams) {
			await stream.message(isUpdate("file:///a"));
			stream.close();
		}
	});

	test.each<[how: string[]]>([
		[["result"]],
		[["cancelled"]],
		[["result", "cancelled"]],
		[["cancelled", "result"]],
		[["result", "result"]],
	])("that the child ends by %j ends with exactly one result", async (how) => {
		const ending = new ModernClient(bridge, "ending");
		const streams = await Promise.all(
			["a", 5].map((id) => ending.listen({ toolsListChanged: true }, { id })),
		);
		expect(await ending.text("end-listens", { how })).toBe("ended");
		for (const stream of streams) await stream.ended;
		expect(streams.map(({ messages }) => messages.slice(1))).toEqual(
			["a", 5].map((id) => [
				{
					jsonrpc: "2.0",
					id,
					result: { resultType: "complete", _meta: { [subscriptionId]: id } },
				},
			]),
		);
		expect(JSON.parse(await ending.text("listens"))).toEqual([]);
	});

	test("outlives the child: its client is acknowledged once, and hears of the next one's updates", async () => {
		const mortal = new ModernClient(bridge, "mortal");
		const uri = "file:///lasting";
		const stream = await mortal.listen(
			{ resourceSubscriptions: [uri] },
			{ id: "lasting" },
		);
		for (let life = 1; life <= 2; life++) {
			const pid = Number(await mortal.text("pid"));
			await killChild(bridge, "mortal", pid);
			await mortal.text("touch", { uri });
			await stream.until(
				({ messages }) => (messages.length > life ? true : undefined),
				"an update from the next child",
			);
		}
		expect(bare(stream)).toEqual([
			[acknowledged, "lasting"],
			[updated, "lasting"],
			[updated, "lasting"],
		]);
		stream.close();
	});
});

describe.each(
	transports,
)("over %s a legacy client on a modern child", (transport) => {
	const connect = (server = "raw") =>
		RawClient.connect(bridge, server, transport, {
			listen: transport === "streamable",
		});
	const subscription = (id: string, method: string, uri: string): Message => ({
		jsonrpc: "2.0",
		id,
		method: `resources/${method}`,
		params: { uri },
	});
	const updates = ({ received }: RawClient) =>
		received
			.filter(({ method }) => method === updated)
			.map(({ params }) => params);

	test("hears of the lists that change, without asking", async () => {
		const one = await connect();
		for (const list of ["tools", "prompts", "resources"]) {
			await one.text(list, "change", { list });
			const message = await one.waitFor(
				({ method }) => method === `notifications/${list}/list_changed`,
			);
			// Nothing of the subscription that this was for.
			expect(message).toEqual({
				jsonrpc: "2.0",
				method: `notifications/${list}/list_changed`,
			});
		}
		one.close();
	});

	test("hears of the resources that it has subscribed to, until it unsubscribes", async () => {
		const [first, second] = await Promise.all([connect(), connect()]);
		const uri = `file:///${transport}`;
		for (const one of [first, second]) {
			const { result } = await one.request(subscription("s", "subscribe", uri));
			expect(result).toEqual({});
		}
		// A second time is no second subscription.
		await first.request(subscription("again", "subscribe", uri));
		await first.text("t1", "touch", { uri });
		await first.text("t2", "touch", { uri: `${uri}/other` });
		for (const one of [first, second])
			await one.waitFor(({ method }) => method === updated);
		await first.request(subscription("u", "unsubscribe", uri));
		await eventually(async () => {
			const filters = await second.text(`l${Math.random()}`, "listens");
			return filters.split(`"${uri}"`).length === 2;
		}, "the child still has both subscriptions");
		await second.text("t3", "touch", { uri });
		await second.waitFor(() => updates(second).length === 2);
		await first.text("c", "change", { list: "prompts" });
		await first.waitFor(({ method }) => method?.includes("prompts") === true);
		expect(updates(first)).toEqual([{ uri }]);
		expect(updates(second)).toEqual([{ uri }, { uri }]);
		for (const one of [first, second]) one.close();
	});

	test("is told of a resource that cannot be subscribed to", async () => {
		const one = await connect();
		const { error } = await one.request(
			subscription("s", "subscribe", "refused:///a"),
		);
		expect(error?.message).toContain("refused:///a");
		one.close();
	});

	test("goes on hearing when the child has died, and when it has ended the subscriptions", async () => {
		const one = await connect("legacy");
		const uri = `file:///lasting/${transport}`;
		await one.request(subscription("s", "subscribe", uri));
		const seen = async (count: number) => {
			await one.waitFor(() => updates(one).length === count);
		};
		const pid = Number(await one.text("p", "pid"));
		await killChild(bridge, "legacy", pid);
		await one.text("t1", "touch", { uri });
		await seen(1);

		await one.text("e", "end-listens", { how: ["cancelled", "result"] });
		// They are opened again with whatever the client asks next.
		await one.text("p2", "pid");
		await eventually(
			async () =>
				(await one.text(`l${Math.random()}`, "listens")).includes(uri),
			"it is not opened again",
		);
		await one.text("t2", "touch", { uri });
		await seen(2);
		one.close();
	});

	test("is not followed where the server says that its lists do not change", async () => {
		const one = await connect("silent");
		await one.text("p", "pid");
		expect(recordedOf(file("silent"), listen)).toEqual([]);
		one.close();
	});

	test("leaves no subscription behind when it goes", async () => {
		const one = await connect();
		const uri = `file:///gone/${transport}`;
		await one.request(subscription("s", "subscribe", uri));
		if (transport === "sse") one.close();
		else await fetch(one.endpoint, { method: "DELETE", headers: one.headers });
		await eventually(
			async () => !(await client.text("listens")).includes(uri),
			"the child still has its subscription",
		);
		one.close();
	});
});

test("a modern child gets nothing about subscriptions but what its revision has", async () => {
	const legacyOnly = ["resources/subscribe", "resources/unsubscribe"];
	const methods = recorded(record).map(({ message }) => message.method);
	expect(methods).toContain(listen);
	for (const method of legacyOnly) expect(methods).not.toContain(method);
	expect((await serverStatus(bridge, "raw")).spawned).toBe(1);
});

test("subscriptions on a modern child end by a result when its server is removed, and when the bridge stops; the child hears of it", async () => {
	const names = ["removed", "raw"];
	const [removed, raw] = (await Promise.all(
		names.map((name) =>
			new ModernClient(bridge, name).listen(
				{ toolsListChanged: true },
				{ id: name },
			),
		),
	)) as [SseReader, SseReader];
	const { removed: _, ...kept } = servers;
	bridge.editConfig({ servers: kept });
	await removed.ended;
	expect(raw.over).toBe(false);
	expect(await bridge.stop()).toEqual({ code: 0, signal: null });
	await raw.ended;
	for (const [id, { messages }] of Object.entries({ removed, raw }))
		expect(messages.slice(1)).toEqual([
			{
				jsonrpc: "2.0",
				id,
				result: { resultType: "complete", _meta: { [subscriptionId]: id } },
			},
		]);
	for (const name of ["removed", "record"]) {
		const last = recordedOf(file(name), listen).at(-1);
		const cancelled = recordedOf(file(name), "notifications/cancelled");
		expect(cancelled.map(({ params }) => params?.requestId)).toContain(
			last?.id,
		);
	}
});
