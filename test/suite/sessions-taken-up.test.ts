import { beforeAll, describe, expect, test } from "vitest";
import { atOneAddress } from "../harness/at-one-address.ts";
import type { Json } from "../harness/clients.ts";
import {
	type Message,
	messagesOf,
	openSse,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { lastEventId, reopen } from "../harness/reopen.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { getJson } from "../harness/status.ts";

/** What a bridge takes up of the sessions that another one with the same key has begun, and what it does not. */

const key = "what seals the sessions of these tests";
const input = {
	servers: {
		strict: fixture("strict", ["python-1.13"]),
		other: fixture("strict", ["go"]),
	},
	sessionKey: key,
};
const list = (id: string | number): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/list",
});
const initialized: Message = {
	jsonrpc: "2.0",
	method: "notifications/initialized",
};

/** Begun with the bridge that is gone. */
let streamable: Record<
	| "deleted"
	| "wrong"
	| "refused"
	| "both"
	| "batches"
	| "single"
	| "verbose"
	| "crowded",
	RawClient
>;
let sse: Record<
	"wrong" | "early" | "batches" | "single" | "verbose",
	RawClient
>;
/** The one that came in its place, another at its side, and one with another key. */
let bridge: Bridge;
let replica: Bridge;
let stranger: Bridge;

const verbose = {
	capabilities: {
		experimental: { "example.com/all": { a: "x".repeat(4096) } },
	},
};

/** Clients by their names, each with a session of its own. */
async function sessions<Name extends string>(
	at: Bridge,
	transport: "sse" | "streamable",
	options: Record<Name, Parameters<typeof RawClient.connect>[3]>,
): Promise<Record<Name, RawClient>> {
	const entries = Object.entries(options) as [Name, object][];
	const clients = entries.map(async ([name, each]) => [
		name,
		await RawClient.connect(at, "strict", transport, each),
	]);
	return Object.fromEntries(await Promise.all(clients));
}

beforeAll(async () => {
	const start = await atOneAddress(input);
	const gone = await start();
	[streamable, sse] = await Promise.all([
		sessions(gone, "streamable", {
			deleted: {},
			wrong: {},
			refused: {},
			both: {},
			batches: { protocolVersion: "2025-03-26" },
			single: { protocolVersion: "2025-06-18" },
			verbose,
			crowded: {},
		}),
		sessions(gone, "sse", {
			wrong: {},
			early: {},
			batches: { protocolVersion: "2025-03-26" },
			single: { protocolVersion: "2025-06-18" },
			verbose,
		}),
	]);
	for (const client of [streamable.verbose, sse.verbose])
		expect((await client.request(list(1))).result?.tools).toHaveLength(3);
	await gone.stop("SIGKILL");
	[bridge, replica, stranger] = await Promise.all([
		start(),
		startBridge(input),
		startBridge({ ...input, sessionKey: `${key}, not` }),
	]);
});

/** The statuses of all that can be done with an id. */
async function statuses(url: URL, id: string): Promise<number[]> {
	const headers = { "mcp-session-id": id };
	const responses = [
		await post(url, list(2), headers),
		await post(url, initialized, headers),
		await fetch(url, {
			headers: { ...headers, accept: "text/event-stream" },
		}),
		await fetch(url, { method: "DELETE", headers }),
	];
	for (const response of responses) await response.body?.cancel();
	return responses.map(({ status }) => status);
}
const none = [404, 404, 404, 404];

/** The same client, which comes to another bridge, or to another server. */
function at(
	other: Bridge,
	client: RawClient,
	server = "strict",
): { url: URL; headers: Record<string, string> } {
	const { pathname, search } = client.endpoint;
	const url = new URL(pathname.replace("strict", server) + search, other.url);
	return { url, headers: client.headers };
}

test("DELETE ends a session that the bridge has never seen, and its id is dead then", async () => {
	const { endpoint, headers, sessionId = "" } = streamable.deleted;
	const response = await fetch(endpoint, { method: "DELETE", headers });
	expect(response.status).toBe(204);
	expect(await statuses(endpoint, sessionId)).toEqual(none);
});

describe("no session is taken up by", () => {
	test("the id of one of another server", async () => {
		const { url } = at(bridge, streamable.wrong, "other");
		expect(await statuses(url, streamable.wrong.sessionId ?? "")).toEqual(none);
		const sseUrl = at(bridge, sse.wrong, "other").url;
		expect((await post(sseUrl, list(3))).status).toBe(404);
	});

	test("the id of one of the other transport", async () => {
		const ofSse = sse.wrong.endpoint.searchParams.get("session_id") ?? "";
		expect(await statuses(streamable.wrong.endpoint, ofSse)).toEqual(none);
		const url = new URL(sse.wrong.endpoint);
		url.searchParams.set("session_id", streamable.wrong.sessionId ?? "");
		expect((await post(url, list(4))).status).toBe(404);
	});

	test("an id in which a bit is flipped", async () => {
		const { endpoint, sessionId = "" } = streamable.wrong;
		for (const place of [0, sessionId.length >> 1, sessionId.length - 1]) {
			const bytes = Buffer.from(sessionId);
			bytes[place] = (bytes[place] ?? 0) ^ 1;
			expect(await statuses(endpoint, bytes.toString())).toEqual(none);
		}
	});

	test("an event id of another server or of nobody, which open a stream of its own", async () => {
		for (const [server, id] of [
			["other", lastEventId(sse.wrong.stream)],
			["strict", "of nobody"],
		]) {
			const url = `${bridge.url}/servers/${server}/sse`;
			const stream = await openSse(url, { "last-event-id": id ?? "" });
			const { data } = await stream.event(({ event }) => event === "endpoint");
			const endpoint = new URL(data ?? "", bridge.url);
			expect(endpoint.search).not.toBe(sse.wrong.endpoint.search);
			expect((await post(endpoint, list(5))).status).toBe(202);
			await stream.message(({ id: answered }) => answered === 5);
			stream.close();
		}
	});

	test("a bridge with another key, whose log says so", async () => {
		const { url } = at(stranger, streamable.refused);
		expect(await statuses(url, streamable.refused.sessionId ?? "")).toEqual(
			none,
		);
		const sseUrl = at(stranger, sse.wrong).url;
		expect((await post(sseUrl, list(6))).status).toBe(404);
		const line = await stranger.waitForLog("another key");
		expect(JSON.parse(line)).toMatchObject({ level: 40 });
		expect(line).toContain("same session key");
		expect(stranger.log.filter((one) => one.includes(key))).toEqual([]);
	});
});

test("an id that was tried where it does not belong stays good where it does", async () => {
	const other = at(bridge, streamable.wrong, "other");
	expect((await post(other.url, list(7), other.headers)).status).toBe(404);
	const { endpoint, headers } = streamable.wrong;
	expect((await post(endpoint, list(7), headers)).status).toBe(200);
	expect((await post(at(bridge, sse.wrong, "other").url, list(7))).status).toBe(
		404,
	);
	const { stream } = await reopen(sse.wrong);
	expect(await sse.wrong.send(list(7))).toBe(202);
	await stream.message(({ id }) => id === 7);
	stream.close();
});

test("two bridges with one key serve one session at the same time", async () => {
	for (const [n, one] of [bridge, replica, bridge, replica].entries()) {
		const { url, headers } = at(one, streamable.both);
		const [answer] = await messagesOf(await post(url, list(n), headers));
		expect(answer).toMatchObject({ id: n, result: { tools: [{}, {}, {}] } });
	}
});

test("a message that comes before its client's stream of HTTP+SSE waits for that", async () => {
	const posted = sse.early.send(list(8));
	const { stream, endpoint } = await reopen(sse.early);
	expect(endpoint.href).toBe(sse.early.endpoint.href);
	expect(await posted).toBe(202);
	await stream.message(({ id }) => id === 8);
	stream.close();
});

test("a session of HTTP+SSE is where its client's stream is", async () => {
	const client = await RawClient.connect(replica, "strict", "sse");
	const { url } = at(bridge, client);
	const stream = await openSse(`${bridge.url}/servers/strict/sse`, {
		"last-event-id": lastEventId(client.stream),
	});
	const { data } = await stream.event(({ event }) => event === "endpoint");
	expect(data).toBe(url.pathname + url.search);
	expect((await post(url, list(9))).status).toBe(202);
	await stream.message(({ id }) => id === 9);
	expect((await client.request(list(10))).result?.tools).toHaveLength(3);
	client.close();
	stream.close();
});

describe("the revision of a session is kept, whatever its requests say:", () => {
	test.each([
		["2025-03-26 has batches", "batches", 200, 202],
		["2025-06-18 has none", "single", 400, 400],
	] as const)("%s", async (_name, name, status, sseStatus) => {
		const batch = [list("a"), list("b")];
		const { endpoint, sessionId = "" } = streamable[name];
		const response = await post(endpoint, batch, {
			"mcp-session-id": sessionId,
		});
		expect(response.status).toBe(status);
		const ids = (await messagesOf(response)).map(({ id }) => id);
		if (status === 200) expect(ids.sort()).toEqual(["a", "b"]);
		const { stream, endpoint: again } = await reopen(sse[name]);
		expect(again.href).toBe(sse[name].endpoint.href);
		expect((await post(again, batch)).status).toBe(sseStatus);
		if (sseStatus === 202)
			for (const one of batch) await stream.message(({ id }) => id === one.id);
		stream.close();
	});
});

test("a client that says too much of itself for an id has to begin anew", async () => {
	const { endpoint, sessionId = "" } = streamable.verbose;
	expect(sessionId.length).toBeLessThan(4096);
	expect(await statuses(endpoint, sessionId)).toEqual(none);
	const { stream, endpoint: again } = await reopen(sse.verbose);
	expect(again.search).not.toBe(sse.verbose.endpoint.search);
	stream.close();
});

test("a session is taken up once, however many of its requests come at once", async () => {
	const sessionsNow = async () =>
		((await getJson(bridge, "/status")).sessions as Json).streamable as number;
	const before = await sessionsNow();
	const { endpoint, headers } = streamable.crowded;
	const responses = await Promise.all(
		[1, 2, 3, 4].map((id) => post(endpoint, list(id), headers)),
	);
	expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
	expect(await sessionsNow()).toBe(before + 1);
});
