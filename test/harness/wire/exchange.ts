import { type EventText, EventTexts } from "./event-texts.ts";
import { preciseNow } from "./precise-now.ts";
import { TextCollector, type WireText, wireText } from "./wire-text.ts";

/** A text, and when it arrived. */
export type Received = EventText & { at: number };

/** The path of an endpoint that MCP is spoken at. */
const endpoint = /\/(?:mcp|sse|messages)\/?$/;

/** One HTTP request to the bridge and as much of its response as was read. */
export class Exchange {
	readonly at = preciseNow();
	readonly url: URL;
	readonly method: string;
	readonly headers: Headers;
	readonly sent: WireText | undefined;
	status = 0;
	/** Of the response. */
	responseHeaders = new Headers();
	/** What came as events, or the one body that was read to its end. */
	readonly received: Received[] = [];

	constructor(
		url: URL,
		method: string,
		headers: Headers,
		sent: string | undefined,
	) {
		this.url = url;
		this.method = method.toUpperCase();
		this.headers = headers;
		this.sent = sent === undefined ? undefined : wireText(sent);
	}

	/** Where the response goes, piece by piece. */
	receive(
		status: number,
		headers: Headers,
	): { add(chunk: Uint8Array): void; end(): void } {
		this.status = status;
		this.responseHeaders = headers;
		const decoder = new TextDecoder();
		if (this.isEventStream) {
			const events = new EventTexts((event) =>
				this.received.push({ ...event, at: preciseNow() }),
			);
			return {
				add: (chunk) => events.add(decoder.decode(chunk, { stream: true })),
				end() {},
			};
		}
		const body = new TextCollector();
		return {
			add: (chunk) => body.add(decoder.decode(chunk, { stream: true })),
			end: () => {
				if (body.empty) return;
				const event = "message";
				this.received.push({ ...body.take(), event, at: preciseNow() });
			},
		};
	}

	get isEventStream(): boolean {
		return this.#type.startsWith("text/event-stream");
	}

	get isJson(): boolean {
		return this.#type.startsWith("application/json");
	}

	get #type(): string {
		return this.responseHeaders.get("content-type") ?? "";
	}
}

/** All exchanges of this test file at endpoints of MCP, oldest first. */
export const exchanges: Exchange[] = [];

/** Begins one; undefined where the path is of no endpoint of MCP. */
export function beginExchange(
	url: URL,
	method: string,
	headers: Headers,
	sent: string | undefined,
): Exchange | undefined {
	if (!endpoint.test(url.pathname)) return undefined;
	const exchange = new Exchange(url, method, headers, sent);
	exchanges.push(exchange);
	return exchange;
}
