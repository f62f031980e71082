import { request as httpRequest } from "node:http";
import type { Json, TransportName } from "./clients.ts";
import type { Bridge } from "./start-bridge.ts";

export interface SseEvent {
	event?: string;
	id?: string;
	data?: string;
	retry?: string;
	/** The text of a comment line, which is an event of its own here. */
	comment?: string;
}

/**
 * The events of an SSE response, comments included, as they were sent: an event whose only field is `id`, or
 * whose data is empty, is one too. Ends with the body; throws when the connection breaks.
 */
export async function* events(
	response: Response,
): AsyncGenerator<SseEvent, void, void> {
	if (response.body === null) return;
	const decoder = new TextDecoder();
	let rest = "";
	let current: SseEvent = {};
	for await (const chunk of response.body) {
		const text = decoder.decode(chunk, { stream: true });
		rest += text;
		// A line of many chunks is looked at once, not again at each of them.
		if (!text.includes("\n")) continue;
		const lines = rest.split(/\r\n|\n/);
		rest = lines.pop() ?? "";
		for (const line of lines) {
			if (line === "") {
				if (Object.keys(current).length > 0) yield current;
				current = {};
				continue;
			}
			if (line.startsWith(":")) {
				yield { comment: line.slice(1).trim() };
				continue;
			}
			const colon = line.indexOf(":");
			const field = colon === -1 ? line : line.slice(0, colon);
			const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
			if (field === "data")
				current.data =
					current.data === undefined ? value : `${current.data}\n${value}`;
			else if (field === "event" || field === "id" || field === "retry")
				current[field] = value;
			else throw new Error(`Not a field of SSE: ${line}`);
		}
	}
}

export interface Message {
	jsonrpc: "2.0";
	id?: string | number;
	method?: string;
	params?: Json;
	result?: Json;
	error?: { code: number; message: string; data?: unknown };
}

/** Everything an SSE response has sent, and waiting for what it will. */
export class SseReader {
	readonly response: Response;
	readonly events: SseEvent[] = [];
	/** The JSON-RPC messages among them. */
	readonly messages: Message[] = [];
	/** Resolves when the stream is over, for whatever reason. */
	readonly ended: Promise<void>;
	readonly #abort: AbortController;
	readonly #watchers = new Set<() => void>();
	#over = false;

	constructor(response: Response, abort: AbortController) {
		this.response = response;
		this.#abort = abort;
		this.ended = this.#read();
	}

	async #read(): Promise<void> {
		try {
			for await (const event of events(this.response)) {
				this.events.push(event);
				if (event.data && (event.event ?? "message") === "message")
					this.messages.push(JSON.parse(event.data));
				this.#wake();
			}
		} catch {
			// A connection that was cut ends the stream as well as an orderly end does.
		}
		this.#over = true;
		this.#wake();
	}

	#wake(): void {
		for (const watcher of this.#watchers) watcher();
	}

	get over(): boolean {
		return this.#over;
	}

	/** The first value that `look` finds, now or after any later event. */
	async until<T>(
		look: (reader: this) => T | undefined,
		what: string,
		deadlineMs = 20_000,
	): Promise<T> {
		let watcher = () => {};
		let timer: NodeJS.Timeout | undefined;
		try {
			return await new Promise<T>((resolve, reject) => {
				const fail = (why: string) =>
					reject(
						new Error(`${why} without ${what}: ${JSON.stringify(this.events)}`),
					);
				watcher = () => {
					const found = look(this);
					if (found !== undefined) resolve(found);
					else if (this.#over) fail("The stream ended");
				};
				this.#watchers.add(watcher);
				timer = setTimeout(() => fail(`${deadlineMs} ms passed`), deadlineMs);
				watcher();
			});
		} finally {
			clearTimeout(timer);
			this.#watchers.delete(watcher);
		}
	}

	message(
		matches: (message: Message) => boolean,
		what = "the message",
	): Promise<Message> {
		return this.until((reader) => reader.messages.find(matches), what);
	}

	event(
		matches: (event: SseEvent) => boolean,
		what = "the event",
	): Promise<SseEvent> {
		return this.until((reader) => reader.events.find(matches), what);
	}

	/** Cuts the connection. */
	close(): void {
		this.#abort.abort();
	}
}

export const acceptBoth = "application/json, text/event-stream";

export function post(
	url: string | URL,
	body: unknown,
	headers: Record<string, string> = {},
	init: RequestInit = {},
): Promise<Response> {
	return fetch(url, {
		method: "POST",
		headers: {
			"content-type": "application/json",
			accept: acceptBoth,
			...headers,
		},
		body: typeof body === "string" ? body : JSON.stringify(body),
		...init,
	});
}

/** Opens an SSE stream by GET; a response that is none throws. */
export async function openSse(
	url: string | URL,
	headers: Record<string, string> = {},
): Promise<SseReader> {
	const abort = new AbortController();
	const response = await fetch(url, {
		headers: { accept: "text/event-stream", ...headers },
		signal: abort.signal,
	});
	if (!isSse(response))
		throw new Error(
			`GET ${url}: ${response.status} ${await response.text()} instead of an SSE stream`,
		);
	return new SseReader(response, abort);
}

export function isSse(response: Response): boolean {
	return (
		response.headers.get("content-type")?.startsWith("text/event-stream") ??
		false
	);
}

/** The messages of a response to a POST, be it JSON or SSE. */
export async function messagesOf(response: Response): Promise<Message[]> {
	if (isSse(response)) {
		const messages: Message[] = [];
		for await (const { data } of events(response))
			if (data !== undefined && data !== "") messages.push(JSON.parse(data));
		return messages;
	}
	const text = await response.text();
	if (text === "") return [];
	const body = JSON.parse(text);
	return Array.isArray(body) ? body : [body];
}

/**
 * A POST whose header lines are sent just as given, names and duplicates included; a `Content-Length` is added
 * unless it is chunked. Head and body go out in one piece.
 */
export function postExactly(
	url: string | URL,
	body: unknown,
	headerLines: [name: string, value: string][],
): Promise<{ status: number; body: string }> {
	return new Promise((resolve, reject) => {
		const content = Buffer.from(
			typeof body === "string" ? body : JSON.stringify(body),
		);
		const target = new URL(url);
		const request = httpRequest(
			target,
			{
				method: "POST",
				headers: [
					"Host",
					target.host,
					...(headerLines.some(([name]) => name === "Transfer-Encoding")
						? []
						: ["Content-Length", String(content.length)]),
					...headerLines.flat(),
				] as never,
			},
			(response) => {
				const chunks: Buffer[] = [];
				response.on("data", (chunk) => chunks.push(chunk));
				response.on("end", () =>
					resolve({
						status: response.statusCode ?? 0,
						body: Buffer.concat(chunks).toString(),
					}),
				);
				response.on("error", reject);
			},
		);
		request.on("error", reject);
		request.end(content);
	});
}

export const initializeRequest = (
	protocolVersion = "2025-11-25",
	capabilities: Json = {},
	id: string | number = 0,
): Message => ({
	jsonrpc: "2.0",
	id,
	method: "initialize",
	params: {
		protocolVersion,
		capabilities,
		clientInfo: { name: "raw", version: "0.0.1" },
	},
});
export const initializedNotification: Message = {
	jsonrpc: "2.0",
	method: "notifications/initialized",
};

/**
 * A client without any SDK, which does just what a test says, on either transport: no handshake unless asked,
 * ids as given, everything that arrived in `received`.
 */
export class RawClient {
	readonly transport: TransportName;
	/** Where messages are posted to. */
	readonly endpoint: URL;
	/** Everything that arrived on any stream or response, in order. */
	readonly received: Message[] = [];
	/** The answers that no stream carries: a POST refused by status. */
	readonly refusals: { status: number; body: string }[] = [];
	sessionId: string | undefined;
	protocolVersion: string | undefined;
	/** The SSE stream, or the GET stream of Streamable HTTP. */
	stream: SseReader | undefined;
	readonly #abort = new AbortController();
	readonly #watchers = new Set<() => void>();

	private constructor(transport: TransportName, endpoint: URL) {
		this.transport = transport;
		this.endpoint = endpoint;
	}

	/** Over SSE it opens the stream and waits for the endpoint; over Streamable HTTP it does nothing yet. */
	static async open(
		bridge: Pick<Bridge, "url">,
		server: string,
		transport: TransportName,
	): Promise<RawClient> {
		const base = `${bridge.url}/servers/${server}`;
		if (transport === "streamable")
			return new RawClient(transport, new URL(`${base}/mcp`));
		const stream = await openSse(`${base}/sse`);
		const { data } = await stream.event(({ event }) => event === "endpoint");
		const client = new RawClient(transport, new URL(data ?? "", bridge.url));
		client.#follow(stream);
		return client;
	}

	/** Opens it and does the handshake as a well-behaved client does. */
	static async connect(
		bridge: Pick<Bridge, "url">,
		server: string,
		transport: TransportName,
		options: {
			protocolVersion?: string;
			capabilities?: Json;
			/** Streamable HTTP: open the GET stream too. */
			listen?: boolean;
		} = {},
	): Promise<RawClient> {
		const client = await RawClient.open(bridge, server, transport);
		await client.initialize(options.protocolVersion, options.capabilities);
		await client.send(initializedNotification);
		if (options.listen === true) await client.listen();
		return client;
	}

	async initialize(
		protocolVersion = "2025-11-25",
		capabilities: Json = {},
		id: string | number = 0,
	): Promise<Message> {
		const answer = await this.request(
			initializeRequest(protocolVersion, capabilities, id),
		);
		this.protocolVersion = answer.result?.protocolVersion as string;
		return answer;
	}

	/** Streamable HTTP: opens the GET stream. */
	async listen(lastEventId?: string): Promise<SseReader> {
		const stream = await openSse(this.endpoint, {
			...this.headers,
			...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
		});
		this.#follow(stream);
		return stream;
	}

	#follow(stream: SseReader): void {
		this.stream = stream;
		let seen = 0;
		void stream
			.until(
				(reader) => {
					const { messages } = reader;
					for (; seen < messages.length; seen++)
						this.#receive(messages[seen] as Message);
					return undefined;
				},
				"end",
				2 ** 31 - 1,
			)
			.catch(() => {});
	}

	#receive(message: Message): void {
		this.received.push(message);
		for (const watcher of this.#watchers) watcher();
	}

	get headers(): Record<string, string> {
		return {
			...(this.sessionId && { "mcp-session-id": this.sessionId }),
			...(this.protocolVersion && {
				"mcp-protocol-version": this.protocolVersion,
			}),
		};
	}

	/** Posts, and resolves with the response as soon as its headers are there. */
	async post(message: Message | Message[] | string): Promise<Response> {
		const response = await post(this.endpoint, message, this.headers, {
			signal: this.#abort.signal,
		});
		this.sessionId = response.headers.get("mcp-session-id") ?? this.sessionId;
		return response;
	}

	/** Posts, and lets whatever comes back arrive in `received`. Resolves with the status. */
	async send(message: Message | Message[] | string): Promise<number> {
		const response = await this.post(message);
		if (!response.ok) {
			this.refusals.push({
				status: response.status,
				body: await response.text(),
			});
			for (const watcher of this.#watchers) watcher();
		} else if (this.transport === "sse") await response.text();
		else void this.#readAnswer(response);
		return response.status;
	}

	async #readAnswer(response: Response): Promise<void> {
		try {
			if (!isSse(response)) {
				for (const message of await messagesOf(response))
					this.#receive(message);
				return;
			}
			for await (const { data } of events(response))
				if (data !== undefined && data !== "") this.#receive(JSON.parse(data));
		} catch {
			// Closed while the answer was under way.
		}
	}

	/** The first message that matches, past ones included; a refused POST fails it. */
	async waitFor(
		matches: (message: Message) => boolean,
		what = "the message",
		deadlineMs = 20_000,
	): Promise<Message> {
		let watcher = () => {};
		let timer: NodeJS.Timeout | undefined;
		try {
			return await new Promise<Message>((resolve, reject) => {
				const fail = (why: string) =>
					reject(
						new Error(
							`${why} without ${what}: received ${JSON.stringify(this.received).slice(-2000)}, refused ${JSON.stringify(this.refusals)}`,
						),
					);
				watcher = () => {
					const found = this.received.find(matches);
					if (found !== undefined) resolve(found);
					else if (this.refusals.length > 0) fail("A POST was refused");
				};
				this.#watchers.add(watcher);
				timer = setTimeout(() => fail(`${deadlineMs} ms passed`), deadlineMs);
				watcher();
			});
		} finally {
			clearTimeout(timer);
			this.#watchers.delete(watcher);
		}
	}

	/** The response to the request with this id. */
	answer(id: string | number): Promise<Message> {
		return this.waitFor(
			(message) => message.id === id && message.method === undefined,
			`the answer to ${JSON.stringify(id)}`,
		);
	}

	async request(message: Message): Promise<Message> {
		await this.send(message);
		return this.answer(message.id as string | number);
	}

	/** tools/call; the text of its first content block. */
	async text(
		id: string | number,
		name: string,
		args: Json = {},
	): Promise<string> {
		const { result, error } = await this.request({
			jsonrpc: "2.0",
			id,
			method: "tools/call",
			params: { name, arguments: args },
		});
		if (error !== undefined)
			throw new Error(`${name}: ${JSON.stringify(error)}`);
		return (result as { content: { text: string }[] }).content[0]?.text ?? "";
	}

	/** Cuts every connection. The session is not ended by this over Streamable HTTP. */
	close(): void {
		this.#abort.abort();
		this.stream?.close();
	}
}
