import { pino } from "pino";
import { createApp } from "../../src/app.ts";
import type { BridgeInput } from "../../src/config/define-servers.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";
import type { ModernClient } from "../../src/protocol/eras/meta.ts";
import type { Client } from "../../src/protocol/handshake.ts";
import {
	type Response as Answer,
	errorOf,
	type Id,
	type Members,
	type Message,
	type Notification,
	type Request,
	resultOf,
} from "../../src/protocol/messages.ts";
import type { Peer, Receive } from "../../src/protocol/peer.ts";
import { KeepAlive } from "../../src/routes/event-stream.ts";
import { allOf, type Observer } from "../../src/routes/observer.ts";
import type { RouteContext, Served } from "../../src/routes/route-context.ts";
import { SessionIds } from "../../src/routes/session-ids.ts";
import { SessionStore } from "../../src/routes/session-store.ts";
import { hmacSeal } from "../../src/spawn/hmac-seal.ts";
import { acceptBoth, type SseEvent } from "./raw-http.ts";

/** A peer that answers `initialize` and `echo`; what else it is asked waits for the test. */
export class FakePeer implements Peer {
	readonly client: Client;
	readonly told: (Notification | Answer)[] = [];
	closed = false;
	/** Says something that belongs to no request. */
	say: Receive = () => {};
	readonly #asked = new Map<Id, { request: Request; receive: Receive }>();
	readonly #watchers = new Map<Id, () => void>();

	constructor(client: Client) {
		this.client = client;
	}

	ask(request: Request, receive: Receive): void {
		switch (request.method) {
			case "initialize":
				if (request.params?.protocolVersion === "refuse") {
					receive(errorOf(request.id, { code: -32000, message: "dead" }));
					return;
				}
				receive(
					resultOf(request.id, {
						protocolVersion: "2025-11-25",
						capabilities: {},
						serverInfo: { name: "fake", version: "1" },
					}),
				);
				return;
			case "echo":
				receive(resultOf(request.id, request.params ?? {}));
				return;
		}
		this.#asked.set(request.id, { request, receive });
		this.#watchers.get(request.id)?.();
	}

	tell(message: Notification | Answer): void {
		this.told.push(message);
	}

	listen(receive: Receive): void {
		this.say = receive;
	}

	close(): void {
		this.closed = true;
		for (const id of this.#asked.keys()) {
			this.send(id, errorOf(id, { code: -32800, message: "cancelled" }));
		}
		this.#asked.clear();
	}

	/** Settles when the request with this id is here. */
	async asked(id: Id): Promise<Request> {
		if (!this.#asked.has(id)) {
			await new Promise<void>((resolve) => this.#watchers.set(id, resolve));
		}
		return this.#asked.get(id)?.request as Request;
	}

	/** A message that belongs to the request with this id. */
	send(id: Id, message: Message): void {
		this.#asked.get(id)?.receive(message);
	}

	answer(id: Id, result: Members = {}): void {
		this.send(id, resultOf(id, result));
		this.#asked.delete(id);
	}
}

export const notification = (
	method = "notifications/message",
	params: Members = { level: "info", data: "hello" },
): Notification => ({ jsonrpc: "2.0", method, params });

/** The HTTP surface alone, as a unit: fake servers, no socket, no process. */
export function fakeBridge(
	options: Omit<BridgeInput, "servers"> = {},
	names: readonly string[] = ["alpha"],
	observers: readonly Observer[] = [],
) {
	const servers = Object.fromEntries(
		names.map((name) => [name, { command: "unused" }]),
	);
	const config = resolveConfig({ ...options, servers }, { file: "servers.ts" });
	const peers: FakePeer[] = [];
	const watchers = new Map<number, (peer: FakePeer) => void>();
	const fakes = names.map((name) => ({
		name,
		needsSession: false,
		toolsVersion: 1,
		offers: () => false,
		dropped() {},
		limits: [] as string[],
		limitReached(limit: string) {
			this.limits.push(limit);
		},
		unanswered: 0,
		maxRequests: 1000,
		reserve: () => () => {},
		failure: undefined as Served["failure"],
		probe: async () => ({ status: "ok" as const, at: "" }),
		open(client: Client): Peer {
			const peer = new FakePeer(client);
			watchers.get(peers.length)?.(peer);
			peers.push(peer);
			return peer;
		},
		openModern(client: ModernClient): Peer {
			return this.open(client);
		},
		status: () => ({ state: "ready" }),
		metrics: () => ({
			unanswered: 0,
			inFlight: 0,
			waiting: 0,
			suspendedCalls: 0,
			children: 0,
			spawned: 0,
			noiseLines: 0,
			repaired: {},
			retried: 0,
			dropped: {},
			limitsReached: {},
		}),
	}));
	const state = { closing: false, touched: 0 };
	const keepAlive = new KeepAlive(config.keepAliveMs);
	const context: RouteContext = {
		config,
		find: (name) => fakes.find((one) => one.name === name.toLowerCase()),
		all: () => fakes,
		sessionIds: new SessionIds(hmacSeal(Buffer.alloc(32)), () => {}),
		sessions: new SessionStore(),
		sseSessions: new SessionStore(),
		streams: { keepAlive },
		observer: allOf(observers),
		defaultServer: () => config.defaultServer,
		closing: () => state.closing,
		lastActivity: () => 0,
		touch: () => {
			state.touched++;
		},
	};
	const app = createApp(context, pino({ enabled: false }));
	const request = async (
		path: string,
		method: string,
		headers: Record<string, string> = {},
		body?: unknown,
	): Promise<Response> =>
		app.request(path, {
			method,
			headers,
			...(body !== undefined && {
				body: typeof body === "string" ? body : JSON.stringify(body),
			}),
		});

	return {
		app,
		context,
		state,
		servers: fakes,
		/** The peers that were opened, oldest first. */
		peers,
		peer: (index = 0): FakePeer => {
			const found = peers[index];
			if (!found) throw new Error(`No peer ${index} was opened`);
			return found;
		},
		/** Settles when the peer with this index is opened. */
		opened: (index: number): Promise<FakePeer> =>
			new Promise((resolve) => {
				const peer = peers[index];
				if (peer) resolve(peer);
				else watchers.set(index, resolve);
			}),
		get: (path: string, headers: Record<string, string> = {}) =>
			request(path, "GET", headers),
		/** Opens a session over HTTP+SSE. */
		openSse: async (
			path = "/servers/alpha/sse",
			headers: Record<string, string> = {},
		): Promise<{ stream: EventReader; endpoint: string }> => {
			const stream = new EventReader(await request(path, "GET", headers));
			const { event, data } = (await stream.nextEvent()) ?? {};
			if (event !== "endpoint" || data === undefined) {
				throw new Error(`GET ${path} began with ${event}`);
			}
			return { stream, endpoint: data };
		},
		delete: (path: string, headers: Record<string, string> = {}) =>
			request(path, "DELETE", headers),
		post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
			request(
				path,
				"POST",
				{
					"content-type": "application/json",
					accept: acceptBoth,
					...headers,
				},
				body,
			),
	};
}

export type FakeBridge = ReturnType<typeof fakeBridge>;

/** An SSE response, event by event: comments are events too. Reads no further than it is asked to. */
export class EventReader {
	readonly response: Response;
	readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
	readonly #decoder = new TextDecoder();
	#rest = "";

	constructor(response: Response) {
		if (!response.body) throw new Error("The response has no body");
		this.response = response;
		this.#reader = response.body.getReader();
	}

	/** The next event or comment; undefined after the last. */
	async next(): Promise<SseEvent | undefined> {
		for (;;) {
			const end = this.#rest.indexOf("\n\n");
			if (end !== -1) {
				const block = this.#rest.slice(0, end);
				this.#rest = this.#rest.slice(end + 2);
				return parse(block);
			}
			const { done, value } = await this.#reader.read();
			if (done) return undefined;
			this.#rest += this.#decoder.decode(value, { stream: true });
		}
	}

	/** The next event that is no comment; undefined after the last. */
	async nextEvent(): Promise<SseEvent | undefined> {
		for (;;) {
			const event = await this.next();
			if (!event || event.comment === undefined) return event;
		}
	}

	/** The next message; undefined after the last. */
	async nextMessage(): Promise<Message | undefined> {
		for (;;) {
			const event = await this.nextEvent();
			if (!event) return undefined;
			if (event.data) return JSON.parse(event.data);
		}
	}

	/** All events to the end, comments left out. */
	async rest(): Promise<SseEvent[]> {
		const events: SseEvent[] = [];
		for (;;) {
			const event = await this.nextEvent();
			if (!event) return events;
			events.push(event);
		}
	}

	/** The client goes away. */
	cancel(): Promise<void> {
		return this.#reader.cancel();
	}
}

function parse(block: string): SseEvent {
	if (block.startsWith(":")) return { comment: block.slice(1).trim() };
	return Object.fromEntries(
		block.split("\n").map((line) => {
			const colon = line.indexOf(":");
			return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
		}),
	);
}
