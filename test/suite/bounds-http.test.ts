import { beforeAll, describe, expect, test } from "vitest";
import type { TransportName } from "../harness/clients.ts";
import { transports } from "../harness/clients.ts";
import { limitReached, metric } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { expectOverLimit } from "../harness/over-limit.ts";
import { eventually } from "../harness/processes.ts";
import {
	initializeRequest,
	type Message,
	openSse,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/** The bounds of sessions, streams, headers, bodies and histories: what is over one is refused, and nothing else. */

const servers = { one: fixture("faulty"), other: fixture("faulty") };
const echo = (id: string | number, message: string): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name: "echo", arguments: { message } },
});

/** Sees that clients that need neither session nor stream are served as ever, of this server and another. */
async function expectOthersServed(bridge: Bridge): Promise<void> {
	for (const server of ["one", "other"]) {
		const answer = await callOnce(bridge, server, "echo", { message: "once" });
		expect(textOf(answer)).toBe("once");
		const modern = new ModernClient(bridge, server);
		expect(await modern.text("echo", { message: "modern" })).toBe("modern");
	}
}

describe.each([
	["maxSessions", 503],
	["maxSessionsPerPrincipal", 429],
] as const)("%s", (limit, status) => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({ servers, [limit]: 2 });
	});

	const openings: Record<TransportName, () => Promise<Response>> = {
		sse: () =>
			fetch(`${bridge.url}/servers/one/sse`, {
				headers: { accept: "text/event-stream" },
			}),
		streamable: () =>
			post(
				`${bridge.url}/servers/one/mcp`,
				initializeRequest("2025-11-25", {}, "one more"),
			),
	};

	test(`refuses one more session with ${status} over both transports, and counts it; those that are open go on`, async () => {
		const open = await Promise.all(
			transports.map((transport) =>
				RawClient.connect(bridge, "one", transport),
			),
		);
		for (const transport of transports) {
			const before = await limitReached(bridge, limit, "one");
			const refused = await openings[transport]();
			const { id } = await expectOverLimit(refused, status, limit);
			expect(id).toBe(transport === "sse" ? undefined : "one more");
			expect(await limitReached(bridge, limit, "one")).toBe(before + 1);
			expect(await metric(bridge, "sessions", { transport })).toBe(1);
		}
		for (const client of open)
			expect(await client.text(1, "echo", { message: "hello" })).toBe("hello");
		await expectOthersServed(bridge);
		for (const client of open) {
			client.close();
			if (client.transport === "streamable")
				await fetch(client.endpoint, {
					method: "DELETE",
					headers: client.headers,
				});
		}
		await eventually(
			async () => (await metric(bridge, "sessions")) === 0,
			"the sessions are still open",
		);
	});

	test.each(
		transports,
	)("lets the client in that was refused, once a session over %s has ended", async (ending) => {
		const [first, second] = await Promise.all(
			[ending, "streamable" as const].map((transport) =>
				RawClient.connect(bridge, "one", transport),
			),
		);
		await expectOverLimit(await openings.streamable(), status, limit);
		first?.close();
		if (ending === "streamable")
			await fetch(first?.endpoint ?? "", {
				method: "DELETE",
				headers: first?.headers ?? {},
			});
		await eventually(
			async () => (await metric(bridge, "sessions")) === 1,
			"the session is still open",
		);
		const client = await RawClient.connect(bridge, "one", "sse");
		expect(await client.text(1, "echo", { message: "in" })).toBe("in");
		client.close();
		await fetch(second?.endpoint ?? "", {
			method: "DELETE",
			headers: second?.headers ?? {},
		});
		await eventually(
			async () => (await metric(bridge, "sessions")) === 0,
			"the sessions are still open",
		);
	});

	test("holds for many that come at once", async () => {
		const responses = await Promise.all(
			Array.from({ length: 20 }, () => openings.streamable()),
		);
		const statuses = responses.map((response) => response.status);
		expect(statuses.filter((each) => each === 200)).toHaveLength(2);
		expect(statuses.filter((each) => each === status)).toHaveLength(18);
		await Promise.all(responses.map((response) => response.text()));
	});
});

describe("maxStreams", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: { ...servers, modern: fixture("modern-raw") },
			maxStreams: 2,
		});
	});

	test("refuses one more stream of every kind with 503, and counts it; who has one, or needs none, is served", async () => {
		const sse = await RawClient.connect(bridge, "one", "sse");
		const listening = await RawClient.connect(bridge, "one", "streamable", {
			listen: true,
		});
		const session = await RawClient.connect(bridge, "one", "streamable");
		const modern = new ModernClient(bridge, "modern");
		const accept = "text/event-stream";
		const openings = {
			one: [
				() => openOnce(`${bridge.url}/servers/one/sse`, { accept }),
				() => openOnce(session.endpoint, { ...session.headers, accept }),
			],
			modern: [
				() =>
					modern.post(
						"subscriptions/listen",
						{ notifications: { toolsListChanged: true } },
						{ id: "listens" },
					),
			],
		};
		for (const [server, opens] of Object.entries(openings))
			for (const open of opens) {
				const before = await limitReached(bridge, "maxStreams", server);
				const code = server === "modern" ? -32603 : -32005;
				const refused = await open();
				const { id } = await expectOverLimit(refused, 503, "maxStreams", code);
				expect(id).toBe(server === "modern" ? "listens" : undefined);
				expect(await limitReached(bridge, "maxStreams", server)).toBe(
					before + 1,
				);
			}
		expect(await metric(bridge, "streams")).toBe(2);
		for (const client of [sse, listening, session])
			expect(await client.text(1, "echo", { message: "hello" })).toBe("hello");
		expect(await modern.text("pid")).toMatch(/^\d+$/);
		await expectOthersServed(bridge);

		sse.close();
		listening.close();
		await eventually(
			async () => (await metric(bridge, "streams")) === 0,
			"the streams are still open",
		);
		const again = await session.listen();
		const listens = await modern.listen({ toolsListChanged: true });
		await expectOverLimit(
			await openOnce(`${bridge.url}/servers/one/sse`, { accept }),
			503,
			"maxStreams",
		);
		again.close();
		listens.close();
		await eventually(
			async () => (await metric(bridge, "streams")) === 0,
			"the streams are still open",
		);
		(await openSse(`${bridge.url}/servers/one/sse`)).close();
	});

	const openOnce = (url: string | URL, headers: Record<string, string>) =>
		fetch(url, { headers });
});

describe("maxHeaderBytes", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({ servers, maxHeaderBytes: 2000 });
	});

	test("refuses a request with larger headers with 431 on every path of a server, and counts it", async () => {
		const session = await RawClient.connect(bridge, "one", "streamable");
		const before = await limitReached(bridge, "maxHeaderBytes", "one");
		const large = { "x-large": "x".repeat(2000) };
		const base = `${bridge.url}/servers/one`;
		const modern = new ModernClient(bridge, "one");
		const refusals: [Promise<Response>, (-32005 | -32603)?][] = [
			[post(`${base}/mcp`, echo(1, "a"), large)],
			[post(`${base}/messages?session_id=x`, echo(1, "a"), large)],
			[fetch(`${base}/sse`, { headers: large })],
			[fetch(`${base}/mcp`, { headers: { ...session.headers, ...large } })],
			[modern.post("tools/list", {}, { headers: large }), -32603],
			// Many small ones are as large.
			[
				post(
					`${base}/mcp`,
					echo(1, "a"),
					Object.fromEntries(
						Array.from({ length: 50 }, (_, n) => [`x-${n}`, "x".repeat(40)]),
					),
				),
			],
		];
		for (const [refusal, code] of refusals)
			await expectOverLimit(await refusal, 431, "maxHeaderBytes", code);
		expect(await limitReached(bridge, "maxHeaderBytes", "one")).toBe(
			before + refusals.length,
		);
		expect(await session.text(2, "echo", { message: "small" })).toBe("small");
		const { status } = await session.post(echo(3, "x".repeat(10_000)));
		expect(status).toBe(200);
		await expectOthersServed(bridge);
	});
});

describe("maxBodyBytes", () => {
	test.each(
		transports,
	)("a larger body is refused with 413 over %s, says which bound that is, and is counted", async (transport) => {
		const bridge = await startBridge({ servers, maxBodyBytes: 1000 });
		const client = await RawClient.connect(bridge, "one", transport);
		const large = echo(1, "x".repeat(2000));
		await expectOverLimit(await client.post(large), 413, "maxBodyBytes");
		expect(await limitReached(bridge, "maxBodyBytes", "one")).toBe(1);
		const modern = await new ModernClient(bridge, "one").post(
			"tools/call",
			large.params,
		);
		await expectOverLimit(modern, 413, "maxBodyBytes", -32603);
		expect(await limitReached(bridge, "maxBodyBytes", "one")).toBe(2);
		expect(await client.text(2, "echo", { message: "small" })).toBe("small");
		await expectOthersServed(bridge);
		client.close();
		await bridge.stop();
	});
});

describe("the history of a session", () => {
	test.each([
		["historyEvents", { historyEvents: 3 }, 1],
		["historyBytes", { historyBytes: 3500 }, 1000],
	])("forgets the oldest events over %s, counts them, and has the last ones for a client that comes back", async (limit, options, bytes) => {
		const bridge = await startBridge({
			servers: { floods: fixture("flooding", [], { isolation: "session" }) },
			...options,
		});
		const client = await RawClient.connect(bridge, "floods", "streamable");
		const first = await client.listen();
		const began = await first.event(({ id }) => id !== undefined);
		const flood = { kind: "log", first: true, count: 10, bytes };
		const isLast = ({ params }: Message) =>
			String(params?.data).startsWith("10 ");
		expect(await client.text(1, "flood", flood)).toBe("flooding");
		await first.message(isLast);
		expect(await limitReached(bridge, limit, "floods")).toBeGreaterThan(5);
		first.close();
		const again = await client.listen(began.id);
		await again.message(isLast);
		const steps = again.messages.map(({ params }) =>
			Number.parseInt(String(params?.data), 10),
		);
		expect(steps).toEqual([8, 9, 10].slice(-steps.length));
		expect(steps.length).toBeGreaterThan(1);
		// Another session has a history of its own.
		const other = await RawClient.connect(bridge, "floods", "streamable");
		expect(await other.text(1, "echo", { message: "other" })).toBe("other");
		client.close();
		other.close();
		await bridge.stop();
	});
});
