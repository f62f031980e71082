import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Id, Members, Message } from "../../src/protocol/messages.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import {
	EventReader,
	type FakeBridge,
	type FakePeer,
	fakeBridge,
	notification,
} from "../harness/fake-server.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { isSse } from "../harness/raw-http.ts";

const path = "/servers/alpha/mcp";
const headersOf = (method: string, name?: string): Record<string, string> => ({
	"mcp-protocol-version": "2026-07-28",
	"mcp-method": method,
	...(name === undefined ? {} : { "mcp-name": name }),
});
const post = (
	bridge: FakeBridge,
	method: string,
	headers: Record<string, string> = {},
	params: Members = {},
) =>
	bridge.post(path, modernRequestOf(method, params), {
		...headersOf(method),
		...headers,
	});

/** tools/call of the tool `sql`. */
const call = (
	bridge: FakeBridge,
	args: Members,
	headers: Record<string, string> = {},
	id: Id = 1,
) =>
	bridge.post(
		path,
		modernRequestOf("tools/call", { name: "sql", arguments: args }, { id }),
		{ ...headersOf("tools/call", "sql"), ...headers },
	);

const tool = (name: string, header?: string): Members => ({
	name,
	inputSchema: {
		type: "object",
		properties: {
			region: {
				type: "string",
				...(header === undefined ? {} : { "x-mcp-header": header }),
			},
		},
	},
});
/** Answers the bridge's own tools/list on this peer. */
async function answerList(peer: FakePeer, result: Members): Promise<void> {
	const { method } = await peer.asked(0);
	expect(method).toBe("tools/list");
	peer.answer(0, result);
}
/** Answers the tools/call that has come through to this peer. */
async function answerCall(peer: FakePeer, id: Id = 1): Promise<void> {
	const { method } = await peer.asked(id);
	expect(method).toBe("tools/call");
	peer.answer(id, { content: [] });
}

describe("parameters that a tool mirrors in headers", () => {
	test("are known from the server's list, which is read before the first call, to its last page, and then kept", async () => {
		const bridge = fakeBridge();
		const first = call(bridge, { region: "us" }, { "mcp-param-region": "us" });
		const reader = await bridge.opened(1);
		await answerList(reader, { tools: [tool("other")], nextCursor: "two" });
		const next = await bridge.opened(2);
		expect((await next.asked(0)).params).toMatchObject({ cursor: "two" });
		await answerList(next, { tools: [tool("sql", "Region")] });
		await answerCall(bridge.peer(0));
		expect((await first).status).toBe(200);
		expect([reader.closed, next.closed]).toEqual([true, true]);

		const refused = await call(bridge, { region: "us" }, {}, 2);
		expect(refused.status).toBe(400);
		expect(await refused.json()).toMatchObject({
			id: 2,
			error: {
				code: -32020,
				message: expect.stringContaining("mcp-param-region"),
			},
		});
		const wrong = { "mcp-param-region": "eu" };
		expect((await call(bridge, { region: "us" }, wrong, 3)).status).toBe(400);
		// Each call has a peer of its own, and each page of the first list.
		expect(bridge.peers).toHaveLength(5);
		for (const peer of bridge.peers.slice(3)) expect(peer.closed).toBe(true);
	});

	test("are read once for calls that come at the same time", async () => {
		const bridge = fakeBridge();
		const calls = [
			call(bridge, { a: 1 }, {}, 1),
			call(bridge, { a: 1 }, {}, 2),
		];
		await bridge.opened(2);
		await answerList(bridge.peer(1), { tools: [tool("sql", "Region")] });
		await answerCall(bridge.peer(0), 1);
		await answerCall(bridge.peer(2), 2);
		const statuses = (await Promise.all(calls)).map(({ status }) => status);
		expect(statuses).toEqual([200, 200]);
		expect(bridge.peers).toHaveLength(3);
	});

	test("are read again once the server's tools have changed", async () => {
		const bridge = fakeBridge();
		const first = call(bridge, { region: "us" });
		await answerList(await bridge.opened(1), { tools: [tool("sql")] });
		await answerCall(bridge.peer(0));
		expect((await first).status).toBe(200);

		const [server] = bridge.servers;
		if (server) server.toolsVersion++;
		const second = call(bridge, { region: "us" }, {}, 2);
		await answerList(await bridge.opened(3), {
			tools: [tool("sql", "Region")],
		});
		expect((await second).status).toBe(400);
	});

	test("are read again where the tools have changed while they were read", async () => {
		const bridge = fakeBridge();
		const first = call(bridge, { region: "us" });
		const reader = await bridge.opened(1);
		await answerList(reader, { tools: [tool("sql")], nextCursor: "two" });
		const next = await bridge.opened(2);
		await next.asked(0);
		const [server] = bridge.servers;
		if (server) server.toolsVersion++;
		await answerList(next, { tools: [] });
		await answerCall(bridge.peer(0));
		expect((await first).status).toBe(200);

		const second = call(bridge, { region: "us" }, {}, 2);
		await answerList(await bridge.opened(4), {
			tools: [tool("sql", "Region")],
		});
		expect((await second).status).toBe(400);
	});

	test.each([
		["an error", { error: { code: -32000, message: "busy" } }, "busy"],
		["no list of tools", { result: {} }, "a page has no list of tools"],
		[
			"a question",
			{ result: { resultType: "input_required" } },
			"a page has no list of tools",
		],
	])("are not known where the list is %s: the call is refused, and the next one asks again", async (_what, answer, reason) => {
		const bridge = fakeBridge();
		for (const [id, reader] of [
			[1, 1],
			[2, 3],
		] as const) {
			const response = call(bridge, { region: "us" }, {}, id);
			const peer = await bridge.opened(reader);
			await peer.asked(0);
			peer.send(0, { jsonrpc: "2.0", id: 0, ...answer } as Message);
			expect(await (await response).json()).toMatchObject({
				id,
				error: {
					code: -32603,
					message: expect.stringContaining(reason),
					data: { code: "TOOLS_NOT_LISTED" },
				},
			});
		}
	});

	test("are not known from a part of the list", async () => {
		const bridge = fakeBridge();
		const response = call(bridge, { region: "us" });
		const reader = await bridge.opened(1);
		await answerList(reader, { tools: [tool("other")], nextCursor: "two" });
		const next = await bridge.opened(2);
		await next.asked(0);
		const error = { code: -32000, message: "lost" };
		next.send(0, { jsonrpc: "2.0", id: 0, error });
		const { error: refusal } = await (await response).json();
		expect(refusal.data.code).toBe("TOOLS_NOT_LISTED");
	});

	test("are not asked for by a call that has nothing to mirror", async () => {
		const bridge = fakeBridge();
		for (const [id, args] of [{}, { region: null }, undefined].entries()) {
			const response = call(bridge, args as Members, {}, id);
			await answerCall(await bridge.opened(id), id);
			expect((await response).status).toBe(200);
		}
		expect(bridge.peers).toHaveLength(3);
		void call(bridge, {}, { "mcp-param-region": "us" }, 4);
		await answerList(await bridge.opened(4), { tools: [] });
	});

	test("are known of tools that a client is shown for what it declares", async () => {
		const bridge = fakeBridge();
		const callAs = (id: Id, capabilities: Members) => {
			const params = { name: "sql", arguments: { region: "us" } };
			return bridge.post(
				path,
				modernRequestOf("tools/call", params, {
					id,
					meta: { [metaKey.clientCapabilities]: capabilities },
				}),
				headersOf("tools/call", "sql"),
			);
		};
		const first = callAs(1, {});
		await answerList(await bridge.opened(1), { tools: [] });
		await answerCall(bridge.peer(0), 1);
		expect((await first).status).toBe(200);
		const second = callAs(2, { sampling: {} });
		await answerList(await bridge.opened(3), {
			tools: [tool("sql", "Region")],
		});
		expect((await second).status).toBe(400);
	});

	test("are none where the server has no list: its own answer to the call goes back", async () => {
		const bridge = fakeBridge();
		const response = call(bridge, { region: "us" });
		const reader = await bridge.opened(1);
		await reader.asked(0);
		const error = { code: -32601, message: "no tools" };
		reader.send(0, { jsonrpc: "2.0", id: 0, error });
		const peer = bridge.peer(0);
		await peer.asked(1);
		peer.send(1, { jsonrpc: "2.0", id: 1, error });
		expect((await response).status).toBe(404);
		expect(await (await response).json()).toMatchObject({ id: 1, error });
	});

	test("are no reason to call for a client that has gone while they were read", async () => {
		const bridge = fakeBridge();
		const abort = new AbortController();
		const response = bridge.app.request(path, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				accept: "application/json",
				...headersOf("tools/call", "sql"),
			},
			body: JSON.stringify(
				modernRequestOf("tools/call", { name: "sql", arguments: { a: 1 } }),
			),
			signal: abort.signal,
		});
		const reader = await bridge.opened(1);
		await reader.asked(0);
		abort.abort();
		await answerList(reader, { tools: [] });
		await (await response).text();
		const [peer] = bridge.peers;
		expect(peer?.closed).toBe(true);
		expect(await Promise.race([peer?.asked(1), "nothing"])).toBe("nothing");
	});
});

describe("statuses", () => {
	test.each([
		[-32601, 404],
		[-32020, 400],
		[-32021, 400],
		[-32022, 400],
		[-32602, 200],
		[-32603, 200],
		[-32800, 200],
		[1, 200],
	])("an error %i that is all there is goes with %i", async (code, status) => {
		const bridge = fakeBridge();
		const response = post(bridge, "x/y");
		const peer = await bridge.opened(0);
		await peer.asked(1);
		const error = { code, message: "m", data: { a: 1 } };
		peer.send(1, { jsonrpc: "2.0", id: 1, error });
		expect((await response).status).toBe(status);
		expect(await (await response).json()).toEqual({
			jsonrpc: "2.0",
			id: 1,
			error,
		});
	});

	test("an error behind something else goes on the stream that is there", async () => {
		const bridge = fakeBridge();
		const response = post(bridge, "x/y");
		const peer = await bridge.opened(0);
		await peer.asked(1);
		peer.send(1, notification("notifications/progress", { progress: 1 }));
		expect((await response).status).toBe(200);
		const events = new EventReader(await response);
		const error = { code: -32021, message: "m" };
		peer.send(1, { jsonrpc: "2.0", id: 1, error });
		expect(
			(await events.rest()).map(({ data }) => JSON.parse(data ?? "")),
		).toMatchObject([{ method: "notifications/progress" }, { id: 1, error }]);
	});

	test("406 for subscriptions/listen of a client that takes no stream, and nobody is asked", async () => {
		const bridge = fakeBridge();
		const response = await post(bridge, "subscriptions/listen", {
			accept: "application/json",
		});
		expect(response.status).toBe(406);
		expect(await response.json()).toMatchObject({
			id: 1,
			error: { code: -32600 },
		});
		expect(bridge.peers).toEqual([]);
	});

	test("503 while the bridge shuts down, in a code that the revision does not keep for itself", async () => {
		const bridge = fakeBridge();
		bridge.state.closing = true;
		const response = await post(bridge, "tools/list");
		expect(response.status).toBe(503);
		expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
		expect(await response.json()).toMatchObject({
			id: 1,
			error: {
				code: -32603,
				message: expect.stringContaining("shutting down"),
			},
		});
		expect(bridge.peers).toEqual([]);
	});
});

describe("postResponse decides for clients that take both:", () => {
	/** What comes back where the server says something before it answers. */
	async function responseTo(postResponse: "auto" | "sse" | "json") {
		const bridge = fakeBridge({ postResponse });
		const posted = post(bridge, "x/y");
		const peer = await bridge.opened(0);
		await peer.asked(1);
		peer.send(1, notification("notifications/progress", { progress: 1 }));
		peer.answer(1);
		return posted;
	}

	test("sse has even a bare answer come as a stream", async () => {
		const bridge = fakeBridge({ postResponse: "sse" });
		const response = await post(bridge, "x/y");
		expect(isSse(response)).toBe(true);
		bridge.peer(0).answer(1);
		const events = await new EventReader(response).rest();
		expect(events).toHaveLength(1);
	});

	test("json has no stream come, and what would stand on it is left out", async () => {
		const response = await responseTo("json");
		expect(response.headers.get("content-type")).toMatch(/json/);
		expect(await response.json()).toEqual({
			jsonrpc: "2.0",
			id: 1,
			result: {},
		});
	});

	test("auto has one come where it is needed", async () => {
		const response = await responseTo("auto");
		expect(isSse(response)).toBe(true);
		expect(await new EventReader(response).rest()).toHaveLength(2);
	});

	test("none of them has subscriptions come otherwise than as a stream", async () => {
		for (const postResponse of ["auto", "sse", "json"] as const) {
			const bridge = fakeBridge({ postResponse });
			const response = await post(bridge, "subscriptions/listen");
			expect(isSse(response)).toBe(true);
			await response.body?.cancel();
			expect(bridge.peer(0).closed).toBe(true);
		}
	});
});

describe("patience", () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	test("lasts two seconds: then the response goes out as a stream", async () => {
		const bridge = fakeBridge();
		const response = call(bridge, {});
		await bridge.opened(0);
		await vi.advanceTimersByTimeAsync(2000);
		expect(isSse(await response)).toBe(true);
		const events = new EventReader(await response);
		expect(await events.next()).toEqual({ comment: "" });
		await answerCall(bridge.peer(0));
		expect(await events.nextMessage()).toMatchObject({ id: 1, result: {} });
		expect(await events.next()).toBeUndefined();
	});

	test("begins when the list of tools is there: what that refuses has a status of its own", async () => {
		const bridge = fakeBridge();
		const refused = call(bridge, { region: "us" });
		const reader = await bridge.opened(1);
		await reader.asked(0);
		await vi.advanceTimersByTimeAsync(20_000);
		await answerList(reader, { tools: [tool("sql", "Region")] });
		expect((await refused).status).toBe(400);
		expect(isSse(await refused)).toBe(false);
	});

	test("with a list of tools that does not come ends: the call is refused, and the next one asks again", async () => {
		const bridge = fakeBridge();
		const refused = call(bridge, { region: "us" });
		const reader = await bridge.opened(1);
		await reader.asked(0);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(await (await refused).json()).toMatchObject({
			id: 1,
			error: {
				code: -32603,
				message: expect.stringContaining("no answer within 30000 ms"),
				data: { code: "TOOLS_NOT_LISTED", server: "alpha" },
			},
		});
		expect(reader.closed).toBe(true);
		const mirrored = { "mcp-param-region": "us" };
		const second = call(bridge, { region: "us" }, mirrored, 2);
		await answerList(await bridge.opened(3), {
			tools: [tool("sql", "Region")],
		});
		await answerCall(bridge.peer(2), 2);
		expect((await second).status).toBe(200);
	});

	test("is none for a client that takes JSON only", async () => {
		const bridge = fakeBridge();
		const response = post(bridge, "x/y", { accept: "application/json" });
		const peer = await bridge.opened(0);
		await peer.asked(1);
		await vi.advanceTimersByTimeAsync(60_000);
		peer.send(1, notification("notifications/progress", { progress: 1 }));
		peer.answer(1, { a: 1 });
		expect((await response).headers.get("content-type")).toMatch(/json/);
		expect(await (await response).json()).toMatchObject({ result: { a: 1 } });
	});
});
