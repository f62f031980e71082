import { pino } from "pino";
import { createApp } from "../../src/app.ts";
import type { BridgeInput } from "../../src/config/bridge-input.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";
import { MirroredTools } from "../../src/multiplex/lists/mirrored-tools.ts";
import type { Client } from "../../src/protocol/client.ts";
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
import type { ModernClient } from "../../src/protocol/meta.ts";
import type { Mirrored } from "../../src/protocol/parameter-headers.ts";
import type { Peer, Receive } from "../../src/protocol/peer.ts";
import type { GuardianStatus } from "../../src/protocol/server-health.ts";
import { KeepAlive } from "../../src/routes/event-stream.ts";
import { allOf, type Observer } from "../../src/routes/observer.ts";
import { RequestCounts } from "../../src/routes/operations/metrics/request-counts.ts";
import type { RouteContext, Served } from "../../src/routes/route-context.ts";
import { SessionStore } from "../../src/routes/session-store.ts";
import { hmacSeal } from "../../src/seal/hmac-seal.ts";
import { SessionIds } from "../../src/seal/session-ids.ts";
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
		const asked = this.#asked.get(id);
		if (!("method" in message)) this.#asked.delete(id);
		asked?.receive(message);
	}

	answer(id: Id, result: Members = {}): void {
		this.send(id, resultOf(id, result));
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
	const open = (client: Client): Peer => {
		const peer = new FakePeer(client);
		watchers.get(peers.length)?.(peer);
		peers.push(peer);
		return peer;
	};
	const fakes = names.map((name) => ({
		name,
		needsSession: false,
		toolsVersion: 1,
		mirrored(client: ModernClient, tool: unknown): Promise<Mirrored> {
			this.tools ??= new MirroredTools({
				server: name,
				open,
				version: () => this.toolsVersion,
				pageTimeoutMs: () => 30_000,
			});
			return this.tools.of(client, tool);
		},
		tools: undefined as MirroredTools | undefined,
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
		open,
		openModern: (client: ModernClient): Peer => open(client),
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
			longestQueue: 0,
			childFailures: {},
			stops: {},
			startTimes: undefined,
			limits: {},
		}),
	}));
	const state = {
		closing: false,
		touched: 0,
		guardian: { state: "idle", restarts: 0 } as GuardianStatus,
	};
	const keepAlive = new KeepAlive(config.keepAliveMs);
	const counts = new RequestCounts();
	const context: RouteContext = {
		config,
		find: (name) => fakes.find((one) => one.name === name.toLowerCase()),
		all: () => fakes,
		sessionIds: new SessionIds(hmacSeal(Buffer.alloc(32)), () => {}),
		sessions: new SessionStore(),
		sseSessions: new SessionStore(),
		streams: { keepAlive },
		observer: allOf([...observers, counts]),
		counts,
		guardian: () => state.guardian,
		defaultServer: () => config.defaultServer,
		logLinesDropped: () => 0,
		connections: () => undefined,
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
