import type { Json } from "./clients.ts";
import {
	acceptBoth,
	isSse,
	type Message,
	messagesOf,
	post,
	SseReader,
} from "./raw-http.ts";
import type { Bridge } from "./start-bridge.ts";

export const modernRevision = "2026-07-28";

/** Who a modern client says it is. */
export interface ModernIdentity {
	capabilities?: Json;
	clientInfo?: Json;
	logLevel?: string;
}

export interface ModernOptions extends ModernIdentity {
	id?: string | number;
	/** More keys of `_meta`, such as a `progressToken`. */
	meta?: Json;
	/** Instead of the headers that mirror the body; undefined leaves one out. */
	headers?: Record<string, string | undefined>;
	signal?: AbortSignal;
}

/** What came back for one request: the answer, and before it everything else. */
export interface Exchanged {
	status: number;
	response: Message;
	notifications: Message[];
}

/** What `input_required` results ask, answered: key and entry → response. */
export type AnswerInput = (entry: Json, key: string) => Json | Promise<Json>;

/** The header that mirrors the name of what a request is for. */
function nameHeader(method: string, params: Json): Record<string, string> {
	const name = {
		"tools/call": params.name,
		"prompts/get": params.name,
		"resources/read": params.uri,
		"tasks/get": params.taskId,
		"tasks/update": params.taskId,
		"tasks/cancel": params.taskId,
	}[method];
	if (typeof name !== "string") return {};
	const plain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name);
	const encoded = Buffer.from(name).toString("base64");
	return { "mcp-name": plain ? name : `=?base64?${encoded}?=` };
}

/**
 * A client of revision 2026-07-28 without any SDK, which does just what a test
 * says: every request is a POST that says all of itself.
 */
export class ModernClient {
	readonly url: string;
	readonly #identity: ModernIdentity;
	#lastId = 0;

	constructor(
		bridge: Pick<Bridge, "url">,
		server: string,
		identity: ModernIdentity = {},
	) {
		this.url = `${bridge.url}/servers/${server}/mcp`;
		this.#identity = identity;
	}

	/** The request as it goes out. */
	message(
		method: string,
		params: Json = {},
		options: ModernOptions = {},
	): Message {
		const {
			capabilities = {},
			clientInfo,
			logLevel,
		} = {
			...this.#identity,
			...options,
		};
		const _meta = {
			"io.modelcontextprotocol/protocolVersion": modernRevision,
			"io.modelcontextprotocol/clientCapabilities": capabilities,
			...(clientInfo && { "io.modelcontextprotocol/clientInfo": clientInfo }),
			...(logLevel && { "io.modelcontextprotocol/logLevel": logLevel }),
			...options.meta,
		};
		return {
			jsonrpc: "2.0",
			id: options.id ?? ++this.#lastId,
			method,
			params: { ...params, _meta },
		};
	}

	/** Posts, and resolves with the response as soon as its headers are there. */
	post(
		method: string,
		params: Json = {},
		options: ModernOptions = {},
	): Promise<Response> {
		const headers = {
			"mcp-protocol-version": modernRevision,
			"mcp-method": method,
			...nameHeader(method, params),
			accept: acceptBoth,
			...options.headers,
		};
		const given = Object.entries(headers).filter(
			(entry): entry is [string, string] => entry[1] !== undefined,
		);
		return post(
			this.url,
			this.message(method, params, options),
			Object.fromEntries(given),
			options.signal ? { signal: options.signal } : {},
		);
	}

	/** Posts, and resolves with the answer and all that came before it. */
	async request(
		method: string,
		params: Json = {},
		options: ModernOptions = {},
	): Promise<Exchanged> {
		const response = await this.post(method, params, options);
		const messages = await messagesOf(response);
		const answer = messages.pop();
		if (answer === undefined)
			throw new Error(`${method}: no answer, status ${response.status}`);
		return {
			status: response.status,
			response: answer,
			notifications: messages,
		};
	}

	/** The result; an error throws. */
	async result(
		method: string,
		params: Json = {},
		options: ModernOptions = {},
	): Promise<Json> {
		const { response } = await this.request(method, params, options);
		if (response.result === undefined)
			throw new Error(`${method}: ${JSON.stringify(response.error)}`);
		return response.result;
	}

	/** tools/call; the text of its first content block. */
	async text(
		name: string,
		args: Json = {},
		options: ModernOptions = {},
	): Promise<string> {
		const params = { name, arguments: args };
		const result = await this.result("tools/call", params, options);
		return (result as { content: { text: string }[] }).content[0]?.text ?? "";
	}

	/** Goes on until there is a complete result, as a client does: each round is a request of its own. */
	async complete(
		method: string,
		params: Json,
		answer: AnswerInput,
		options: ModernOptions = {},
	): Promise<{ result: Json; rounds: Json[] }> {
		const rounds: Json[] = [];
		let retry: Json = {};
		for (;;) {
			const result = await this.result(
				method,
				{ ...params, ...retry },
				options,
			);
			if (result.resultType !== "input_required") return { result, rounds };
			rounds.push(result);
			if (rounds.length > 20) throw new Error(`${method}: no end of rounds`);
			const inputResponses: Json = {};
			const inputRequests = (result.inputRequests ?? {}) as Json;
			for (const [key, entry] of Object.entries(inputRequests))
				inputResponses[key] = await answer(entry as Json, key);
			const { requestState } = result;
			retry = {
				inputResponses,
				...(requestState === undefined ? {} : { requestState }),
			};
		}
	}

	/** Posts, and reads the response as the stream that it has to be. `close()` cuts it, which cancels the request. */
	async stream(
		method: string,
		params: Json = {},
		options: Omit<ModernOptions, "signal"> = {},
	): Promise<SseReader> {
		const abort = new AbortController();
		const response = await this.post(method, params, {
			...options,
			signal: abort.signal,
		});
		if (!isSse(response))
			throw new Error(
				`${method}: ${response.status} ${await response.text()} instead of an SSE stream`,
			);
		return new SseReader(response, abort);
	}

	/** subscriptions/listen; resolves when it is acknowledged. */
	async listen(
		notifications: Json,
		options: Omit<ModernOptions, "signal"> = {},
	): Promise<SseReader> {
		const stream = await this.stream(
			"subscriptions/listen",
			{ notifications },
			options,
		);
		await stream.message(
			({ method }) => method === "notifications/subscriptions/acknowledged",
			"the acknowledgement",
		);
		return stream;
	}
}
