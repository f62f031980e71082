import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { SseError } from "@modelcontextprotocol/sdk/client/sse.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { ErrorCode } from "../protocol/error-codes.ts";
import {
	type Id,
	isRequest,
	type Message,
	type Request,
} from "../protocol/messages.ts";
import { explain, isGone, wasNotSent } from "./explain.ts";

/** What a link says. */
export interface LinkEvents {
	/** A message of the remote server, or an error in its place. */
	message(message: unknown): void;
	/** Something went wrong that the link gets over by itself. */
	warn(text: string): void;
}

export interface LinkOptions {
	/** A connection that is not open yet. */
	transport(): Transport;
	/** Waits for the login that the transport has asked for. */
	login(transport: Transport): Promise<void>;
	/** How long a message waits for a remote that is away, in ms. */
	streamAfterMs: number;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;

/**
 * The conversation of one stdio client with a remote server. Messages pass as they are. Where the connection breaks, or
 * the server has forgotten the session, another one is opened by the client's own `initialize`, which the client does not
 * notice: what was in flight gets an error, what comes meanwhile waits.
 */
export class Link {
	readonly #options: LinkOptions;
	readonly #events: LinkEvents;
	/** Requests of the client that are not answered yet. */
	readonly #pending = new Map<Id, Request>();
	/** Those of the link itself. */
	readonly #own = new Map<Id, (answer: object) => void>();
	#opened: Promise<Transport> | undefined;
	/** Messages on their way to the remote. */
	readonly #sending = new Set<unknown>();
	/** The first message that got there. */
	#first: Message | undefined;
	/** The client's own, to be said again. */
	#initialize: Message | undefined;
	#initialized: Message | undefined;
	#isClosed = false;
	#count = 0;

	constructor(options: LinkOptions, events: LinkEvents) {
		this.#options = options;
		this.#events = events;
	}

	/** How many requests of the client are not answered yet. */
	get unanswered(): number {
		return this.#pending.size;
	}

	/** Opens the first connection. Rejected where the remote cannot be reached. */
	async open(): Promise<void> {
		this.#opened = this.#connect();
		await this.#opened;
	}

	/** Passes a message of the client on. Rejected where it is the first one and does not get there. */
	async send(message: Message): Promise<void> {
		if (isRequest(message)) this.#pending.set(message.id, message);
		const isFirst = this.#first === undefined;
		this.#sending.add(message);
		try {
			await this.#deliver(message);
		} catch (error) {
			if (this.#isClosed) return;
			const text = explain(error);
			if (isRequest(message)) this.#fail(message, text);
			else this.#events.warn(`a message did not get to the server: ${text}`);
			if (isFirst) throw error;
		} finally {
			this.#sending.delete(message);
		}
	}

	/** Ends the session and the connection. */
	async close(): Promise<void> {
		this.#isClosed = true;
		const transport = await this.#opened?.catch(() => undefined);
		if (!transport) return;
		if ("terminateSession" in transport)
			await (transport.terminateSession as () => Promise<void>)().catch(
				() => {},
			);
		await transport.close();
	}

	/** Sends a message, again where it has not got there because the connection, or its session, was gone. */
	async #deliver(message: Message): Promise<void> {
		const until = performance.now() + this.#options.streamAfterMs;
		let pauseMs = firstPauseMs;
		while (true) {
			this.#opened ??= this.#connect();
			const opened = this.#opened;
			try {
				await this.#sendBy(await opened, message);
				this.#note(message);
				return;
			} catch (error) {
				const mayRepeat = isGone(error) || wasNotSent(error);
				const isLate = performance.now() + pauseMs > until;
				if (!this.#first || this.#isClosed || !mayRepeat || isLate) throw error;
				if (isGone(error)) this.#drop(opened, explain(error));
				else await pause(pauseMs);
				pauseMs = Math.min(pauseMs * 2, longestPauseMs);
			}
		}
	}

	async #sendBy(transport: Transport, message: Message): Promise<void> {
		const sdkMessage = message as JSONRPCMessage;
		try {
			await transport.send(sdkMessage);
		} catch (error) {
			if (!(error instanceof UnauthorizedError)) throw error;
			await this.#options.login(transport);
			await transport.send(sdkMessage);
		}
	}

	/** What has to be said again to another connection. */
	#note(message: Message): void {
		this.#first ??= message;
		if (!("method" in message)) return;
		if (message.method === "initialize") this.#initialize = message;
		if (message.method === "notifications/initialized")
			this.#initialized = message;
	}

	/** A new connection. Where it fails, the next message tries again. */
	async #connect(): Promise<Transport> {
		try {
			const transport = await this.#start().catch(async (error) => {
				if (!(error instanceof UnauthorizedError)) throw error;
				return await this.#start();
			});
			await this.#introduce(transport);
			return transport;
		} catch (error) {
			this.#opened = undefined;
			throw error;
		}
	}

	async #start(): Promise<Transport> {
		const transport = this.#options.transport();
		transport.onmessage = (message) => this.#receive(transport, message);
		transport.onerror = (error) => {
			// Streamable HTTP opens its streams again by itself.
			if (error instanceof SseError) void this.#dropBy(transport, error);
		};
		try {
			await transport.start();
			return transport;
		} catch (error) {
			if (error instanceof UnauthorizedError)
				await this.#options.login(transport);
			await transport.close();
			throw error;
		}
	}

	/** Says the client's `initialize` again, where it was said before. */
	async #introduce(transport: Transport): Promise<void> {
		if (!this.#initialize || !this.#initialized) return;
		const id = `mcp-edge-bridge-${++this.#count}`;
		const answered = new Promise<object>((resolve) => {
			this.#own.set(id, resolve);
		});
		await transport.send({ ...this.#initialize, id } as JSONRPCMessage);
		const answer = await answered;
		if ("error" in answer)
			throw new Error(
				`initialize was refused: ${JSON.stringify(answer.error)}`,
			);
		await transport.send(this.#initialized as JSONRPCMessage);
	}

	#receive(transport: Transport, message: JSONRPCMessage): void {
		if (!("method" in message) && message.id !== undefined) {
			const request = this.#pending.get(message.id);
			this.#pending.delete(message.id);
			const own = this.#own.get(message.id);
			this.#own.delete(message.id);
			const result = "result" in message ? message.result : undefined;
			if ((own || request?.method === "initialize") && result)
				transport.setProtocolVersion?.(String(result.protocolVersion));
			if (own) {
				own(message);
				return;
			}
		}
		this.#events.message(message);
	}

	/** The answer will not come any more: its stream has ended. */
	lost(id: Id): void {
		const request = this.#pending.get(id);
		if (request)
			this.#fail(request, "the connection broke before the answer came");
	}

	/** The stream that is the connection has ended. */
	async #dropBy(transport: Transport, error: Error): Promise<void> {
		const opened = this.#opened;
		if (opened && (await opened.catch(() => undefined)) === transport)
			this.#drop(opened, explain(error));
	}

	/** The connection is of no use any more. Who is just sending by it learns that by itself. */
	#drop(opened: Promise<Transport>, reason: string): void {
		if (this.#opened !== opened || this.#isClosed) return;
		this.#opened = undefined;
		void opened.then((transport) => transport.close()).catch(() => {});
		this.#events.warn(`the connection is lost, opening another: ${reason}`);
		for (const request of [...this.#pending.values()])
			if (!this.#sending.has(request))
				this.#fail(request, `the connection was lost: ${reason}`);
		void this.#reopen();
	}

	/** So that what the server has to say gets through, whether the client asks or not. */
	async #reopen(): Promise<void> {
		let pauseMs = firstPauseMs;
		while (!this.#isClosed && this.#opened === undefined) {
			await pause(pauseMs);
			pauseMs = Math.min(pauseMs * 2, longestPauseMs);
			if (this.#isClosed || this.#opened) return;
			this.#opened = this.#connect();
			await this.#opened.catch((error) =>
				this.#events.warn(`there is still no connection: ${explain(error)}`),
			);
		}
	}

	#fail({ id }: Request, text: string): void {
		if (!this.#pending.delete(id)) return;
		const message = `The remote server gave no answer: ${text}`;
		const error = { code: ErrorCode.serverUnavailable, message };
		this.#events.message({ jsonrpc: "2.0", id, error });
	}
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
