import { describe, expect, test } from "vitest";
import { handshake } from "../../src/eras/handshake.ts";
import type { Client } from "../../src/protocol/client.ts";
import {
	errorOf,
	type Id,
	type Members,
	type Message,
	type Request,
	resultOf,
} from "../../src/protocol/messages.ts";
import type { Peer, Receive } from "../../src/protocol/peer.ts";
import { legacyRevisions } from "../../src/protocol/revisions.ts";

const childResult = {
	protocolVersion: "2025-03-26",
	capabilities: { tools: {}, experimental: { "x/y": {} } },
	serverInfo: { name: "child", version: "1", title: "T" },
	instructions: "read me",
	_meta: { trace: 1 },
};

/** The peer below, which answers `initialize` and notes the rest. */
class FakePeer implements Peer {
	readonly client: Client;
	readonly asked: Request[] = [];
	readonly told: Message[] = [];
	closed = 0;
	say: Receive = () => {};

	constructor(client: Client) {
		this.client = client;
	}

	ask(request: Request, receive: Receive): void {
		this.asked.push(request);
		if (request.params?.protocolVersion === "refuse") {
			receive(errorOf(request.id, { code: -32000, message: "dead" }));
		} else receive(resultOf(request.id, childResult));
	}
	tell(message: Message): void {
		this.told.push(message);
	}
	listen(receive: Receive): void {
		this.say = receive;
	}
	close(): void {
		this.closed++;
	}
}

function start() {
	const peers: FakePeer[] = [];
	const peer = handshake((client) => {
		const opened = new FakePeer(client);
		peers.push(opened);
		return opened;
	});
	const ask = (id: Id, method: string, params?: Members): Message[] => {
		const received: Message[] = [];
		peer.ask(
			{ jsonrpc: "2.0", id, method, ...(params && { params }) },
			(message) => received.push(message),
		);
		return received;
	};
	return { peer, peers, ask };
}

const initialize = (capabilities: unknown = {}, more: Members = {}) => ({
	protocolVersion: "2025-11-25",
	capabilities,
	...more,
});

describe("initialize", () => {
	test.each(
		legacyRevisions,
	)("is answered with all of the child's result, under the revision asked for: %s", (protocolVersion) => {
		const { ask } = start();
		expect(ask("i", "initialize", { protocolVersion })).toEqual([
			resultOf("i", { ...childResult, protocolVersion }),
		]);
		expect(childResult.protocolVersion).toBe("2025-03-26");
	});

	test.each([
		"2026-07-28",
		"1.0",
		undefined,
		7,
	])("under the latest legacy revision where %s was asked for", (protocolVersion) => {
		const { ask } = start();
		expect(ask(0, "initialize", { protocolVersion })).toMatchObject([
			{ id: 0, result: { protocolVersion: "2025-11-25" } },
		]);
	});

	test("that fails is passed on as it is", () => {
		const { ask } = start();
		expect(ask(0, "initialize", { protocolVersion: "refuse" })).toEqual([
			{ jsonrpc: "2.0", id: 0, error: { code: -32000, message: "dead" } },
		]);
	});

	test("opens the peer with what the client said of itself", () => {
		const { ask, peers } = start();
		const capabilities = { sampling: {}, roots: { listChanged: true } };
		const clientInfo = { name: "c", version: "1" };
		ask(0, "initialize", initialize(capabilities, { clientInfo }));
		expect(peers.map(({ client }) => client)).toEqual([
			{ capabilities, info: clientInfo },
		]);
	});

	test.each([
		null,
		[],
		"x",
		undefined,
	])("with capabilities %j is that of a client that has none", (capabilities) => {
		const { ask, peers } = start();
		ask(0, "initialize", { capabilities });
		ask(1, "initialize");
		expect(peers.map(({ client }) => client)).toEqual([{ capabilities: {} }]);
	});

	test("again with the same capabilities stays on the same child", () => {
		const { ask, peers } = start();
		ask(0, "initialize", initialize({ roots: {} }));
		ask(1, "initialize", initialize({ roots: {} }));
		expect(peers).toHaveLength(1);
		expect(peers[0]?.closed).toBe(0);
	});

	test("again with other capabilities leaves the first child for another", () => {
		const { ask, peers, peer } = start();
		const heard: Message[] = [];
		peer.listen((message) => heard.push(message));
		ask(0, "initialize", initialize());
		ask(1, "initialize", initialize({ sampling: {} }));
		expect(peers.map(({ closed }) => closed)).toEqual([1, 0]);
		ask(2, "tools/list");
		expect(peers[1]?.asked.at(-1)?.method).toBe("tools/list");
		const news = { jsonrpc: "2.0", method: "notifications/x" } as const;
		peers[1]?.say(news);
		expect(heard).toEqual([news]);
	});
});

test("notifications/initialized is swallowed, before and after initialize, and opens nothing", () => {
	const { peer, peers, ask } = start();
	const initialized = {
		jsonrpc: "2.0",
		method: "notifications/initialized",
	} as const;
	peer.tell(initialized);
	expect(peers).toEqual([]);
	ask(0, "initialize", initialize());
	peer.tell(initialized);
	expect(peers[0]?.told).toEqual([]);
});

test("ping is answered here, also before initialize, and opens nothing", () => {
	const { peers, ask } = start();
	expect(ask("p", "ping")).toEqual([{ jsonrpc: "2.0", id: "p", result: {} }]);
	expect(peers).toEqual([]);
});

test("a client that never sends initialize is served as if it had, without capabilities", () => {
	const { ask, peers, peer } = start();
	expect(ask(1, "tools/list")).toHaveLength(1);
	const news = { jsonrpc: "2.0", method: "notifications/x" } as const;
	peer.tell(news);
	expect(peers.map(({ client }) => client)).toEqual([{ capabilities: {} }]);
	expect(peers[0]?.told).toEqual([news]);
});

test("a client that sends initialize late, without capabilities, stays on the child it has", () => {
	const { ask, peers } = start();
	ask(1, "tools/list");
	ask(2, "initialize", initialize());
	expect(peers).toHaveLength(1);
});

test("requests, notifications and answers pass unchanged", () => {
	const { ask, peer, peers } = start();
	ask(0, "initialize", initialize());
	ask("x", "tools/call", { name: "y" });
	expect(peers[0]?.asked.at(-1)).toEqual({
		jsonrpc: "2.0",
		id: "x",
		method: "tools/call",
		params: { name: "y" },
	});
	const answer = errorOf(3, { code: 1, message: "no" });
	peer.tell(answer);
	expect(peers[0]?.told).toEqual([answer]);
});

test("who begins to listen before the peer is opened hears it, and a later listener replaces the first", () => {
	const { ask, peer, peers } = start();
	const first: Message[] = [];
	const second: Message[] = [];
	peer.listen((message) => first.push(message));
	ask(0, "initialize", initialize());
	const news = { jsonrpc: "2.0", method: "notifications/x" } as const;
	peers[0]?.say(news);
	peer.listen((message) => second.push(message));
	peers[0]?.say(news);
	expect([first, second]).toEqual([[news], [news]]);
});

describe("after the end", () => {
	test("the peer is closed and nothing is opened any more", () => {
		const { ask, peer, peers } = start();
		ask(0, "initialize", initialize());
		peer.close();
		expect(peers[0]?.closed).toBe(1);
		peer.tell({ jsonrpc: "2.0", method: "notifications/x" });
		ask(1, "initialize", initialize({ roots: {} }));
		expect(peers).toHaveLength(1);
		expect(peers[0]?.asked).toHaveLength(1);
		expect(peers[0]?.told).toEqual([]);
	});

	test("a request is answered all the same: whoever carries it waits for that", () => {
		const { ask, peer } = start();
		peer.close();
		expect(ask(1, "tools/list")).toMatchObject([
			{ id: 1, error: { code: expect.any(Number) } },
		]);
	});

	test("a peer that was never opened is none to close", () => {
		const { peer, peers } = start();
		peer.close();
		expect(peers).toEqual([]);
	});
});
