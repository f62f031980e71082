import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import { HeldServer } from "../harness/held-server.ts";
import { limitReached, metric } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { expectOverLimit, overLimit } from "../harness/over-limit.ts";
import { eventually } from "../harness/processes.ts";
import {
	type Message,
	messagesOf,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/** How many requests of a session, and of a server, may be unanswered. */

const file = scratch();
const call = (
	id: string | number,
	name: string,
	message: string | number = id,
): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name, arguments: { message } },
});
/** Sends a call whose answer is long in coming: over Streamable HTTP not even its headers are waited for. */
const begin = (client: RawClient, message: Message | Message[]) =>
	void client.send(message).catch(() => {});

/** Posts a request that is one too many: the refusal is the status, or over HTTP+SSE comes on the stream. */
async function expectRefused(
	client: RawClient,
	message: Message,
	status: number,
	limit: string,
): Promise<void> {
	const response = await client.post(message);
	if (client.transport === "streamable") {
		const { id } = await expectOverLimit(response, status, limit);
		expect(id).toBe(message.id);
		return;
	}
	expect(response.status).toBe(202);
	const { error } = await client.answer(message.id ?? "");
	expect(error).toEqual(overLimit(limit));
}

describe("maxRequestsPerSession", () => {
	const held = new HeldServer(file("session"));
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: { held: held.entry, other: fixture("faulty") },
			maxRequestsPerSession: 2,
		});
	});
	afterEach(() => held.letGo());

	test.each(
		transports,
	)("refuses one more unanswered request of a session over %s, and counts it; other sessions are served", async (transport) => {
		held.hold();
		const [client, other] = await Promise.all([
			RawClient.connect(bridge, "held", transport),
			RawClient.connect(bridge, "held", transport),
		]);
		const before = await limitReached(bridge, "maxRequestsPerSession", "held");
		for (const name of ["first", "second"]) {
			begin(client, call(`${name} ${transport}`, "echo"));
			await held.got(`${name} ${transport}`);
		}
		const third = call("third", "pid");
		await expectRefused(client, third, 429, "maxRequestsPerSession");
		expect(await limitReached(bridge, "maxRequestsPerSession", "held")).toBe(
			before + 1,
		);
		expect(held.calls("pid")).not.toContain('{"message":"third"}');
		expect(await metric(bridge, "requests_in_flight", { server: "held" })).toBe(
			2,
		);
		// Another session, none at all, another server.
		expect(await other.text(1, "pid")).toMatch(/^\d+$/);
		expect(textOf(await callOnce(bridge, "held", "pid"))).toMatch(/^\d+$/);
		expect(textOf(await callOnce(bridge, "other", "pid"))).toMatch(/^\d+$/);

		held.letGo();
		for (const name of ["first", "second"])
			expect(textOf(await client.answer(`${name} ${transport}`))).toBe(
				`${name} ${transport}`,
			);
		expect(await client.text("fourth", "echo", { message: "in" })).toBe("in");
		client.close();
		other.close();
	});

	test.each(
		transports,
	)("lets notifications through over %s: one that cancels makes room", async (transport) => {
		held.hold();
		const client = await RawClient.connect(bridge, "held", transport);
		for (const name of ["kept", "cancelled"]) {
			begin(client, call(`${name} ${transport}`, "echo"));
			await held.got(`${name} ${transport}`);
		}
		await expectRefused(client, call(3, "pid"), 429, "maxRequestsPerSession");
		expect(
			await client.send({
				jsonrpc: "2.0",
				method: "notifications/cancelled",
				params: { requestId: `cancelled ${transport}` },
			}),
		).toBe(202);
		expect(await client.text(4, "pid")).toMatch(/^\d+$/);
		held.letGo();
		expect(textOf(await client.answer(`kept ${transport}`))).toMatch("kept");
		client.close();
	});

	test("counts every request of a batch, and refuses the batch whole", async () => {
		const client = await RawClient.connect(bridge, "held", "streamable", {
			protocolVersion: "2025-03-26",
		});
		const batch = (size: number, name: string) =>
			Array.from({ length: size }, (_, index) =>
				call(`${name} ${index}`, "pid"),
			);
		const refused = await client.post(batch(3, "three"));
		await expectOverLimit(refused, 429, "maxRequestsPerSession");
		const answers = await messagesOf(await client.post(batch(2, "two")));
		expect(answers.map(({ id }) => id)).toEqual(["two 0", "two 1"]);
		expect(
			held.calls("pid").filter((args) => args.includes("three")),
		).toHaveLength(0);
	});

	test("is not the bound of requests without a session, each of which is one by itself", async () => {
		held.hold();
		const answers = Array.from({ length: 6 }, (_, index) =>
			callOnce(bridge, "held", "echo", { message: `alone ${index}` }),
		);
		await Promise.all(answers.map((_, index) => held.got(`alone ${index}`)));
		held.letGo();
		const texts = (await Promise.all(answers)).map(textOf);
		expect(texts).toEqual(answers.map((_, index) => `alone ${index}`));
	});
});

describe("maxRequests", () => {
	const held = new HeldServer(file("server"), { maxRequests: 3 });
	const queued = new HeldServer(file("queued"), {
		maxRequests: 3,
		concurrency: 1,
	});
	const bursts = {
		legacy: new HeldServer(file("legacy"), { maxRequests: 3 }),
		modern: new HeldServer(file("modern"), { maxRequests: 3 }),
	};
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				held: held.entry,
				queued: queued.entry,
				legacy: bursts.legacy.entry,
				modern: bursts.modern.entry,
				other: fixture("faulty"),
			},
		});
	});
	afterEach(() => {
		for (const server of [held, queued, ...Object.values(bursts)])
			server.letGo();
	});

	test("refuses one more unanswered request of a server to every client, and counts it; other servers are served", async () => {
		const clients = await Promise.all(
			transports.map((transport) =>
				RawClient.connect(bridge, "held", transport),
			),
		);
		const [sse, streamable] = clients;
		const modern = new ModernClient(bridge, "held");
		// The first call of a modern client asks for the tools before.
		await modern.text("pid");
		held.hold();
		if (sse) begin(sse, call("of sse", "echo"));
		await held.got("of sse");
		if (streamable) begin(streamable, call("of streamable", "echo"));
		await held.got("of streamable");
		const third = modern.text("echo", { message: "of modern" });
		await held.got("of modern");

		const url = `${bridge.url}/servers/held/mcp`;
		for (const client of clients)
			await expectRefused(client, call("more", "pid"), 503, "maxRequests");
		const refusals: [Response, (-32005 | -32603)?][] = [
			[await post(url, call("more", "pid"))],
			[
				await modern.post("tools/call", { name: "pid" }, { id: "more" }),
				-32603,
			],
		];
		for (const [refusal, code] of refusals) {
			const { id } = await expectOverLimit(refusal, 503, "maxRequests", code);
			expect(id).toBe("more");
		}
		expect(await limitReached(bridge, "maxRequests", "held")).toBe(4);
		expect(textOf(await callOnce(bridge, "other", "pid"))).toMatch(/^\d+$/);
		expect(await new ModernClient(bridge, "other").text("pid")).toMatch(/\d/);

		held.letGo();
		expect(await third).toBe("of modern");
		for (const client of clients) {
			const name = `of ${client.transport}`;
			expect(textOf(await client.answer(name))).toBe(name);
			expect(await client.text("now", "pid")).toMatch(/^\d+$/);
			client.close();
		}
		expect(await modern.text("pid")).toMatch(/^\d+$/);
	});

	test("counts the requests that wait for their turn too", async () => {
		queued.hold();
		const names = ["in flight", "waits 1", "waits 2"];
		const answers = names.map((message) =>
			callOnce(bridge, "queued", "echo", { message }),
		);
		await eventually(
			async () =>
				(await metric(bridge, "requests_waiting", { server: "queued" })) === 2,
			"no two requests wait",
		);
		expect(
			await metric(bridge, "requests_in_flight", { server: "queued" }),
		).toBe(1);
		const refused = await post(
			`${bridge.url}/servers/queued/mcp`,
			call("more", "pid"),
		);
		await expectOverLimit(refused, 503, "maxRequests");
		queued.letGo();
		expect((await Promise.all(answers)).map(textOf).sort()).toEqual(names);
	});

	test.each([
		"legacy",
		"modern",
	])("holds for many %s requests that are the first, and come at once", async (era) => {
		const server = bursts[era as keyof typeof bursts];
		server.hold();
		const url = `${bridge.url}/servers/${era}/mcp`;
		const modern = new ModernClient(bridge, era);
		const send = (message: string) =>
			era === "legacy"
				? post(url, call(message, "echo"))
				: modern.post("tools/call", { name: "echo", arguments: { message } });
		const names = Array.from({ length: 30 }, (_, n) => `burst ${n}`);
		let refused = 0;
		const responses = names.map((name) =>
			send(name).then((response) => {
				if (response.status === 503) refused++;
				return response;
			}),
		);
		await eventually(
			() => refused + server.calls("echo").length === names.length,
			() => `${refused} are refused, ${server.calls("echo").length} came`,
		);
		expect(server.calls("echo")).toHaveLength(3);
		server.letGo();
		const all = await Promise.all(responses);
		const messages = (await Promise.all(all.map(messagesOf))).flat();
		expect(messages.filter(({ result }) => result)).toHaveLength(3);
		expect(textOf(await callOnce(bridge, era, "pid"))).toMatch(/^\d+$/);
	});
});
