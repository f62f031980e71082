import { standardHeaders } from "../protocol/headers.ts";
import { type Id, isRequest, type Message } from "../protocol/messages.ts";

type Fetch = typeof fetch;

export interface RemoteFetchOptions {
	/** Headers of every request, by name. */
	headers: Readonly<Record<string, string>>;
	/** The token for the next request; `renew`: the last one was refused. Undefined: none is given. */
	token?: ((renew: boolean) => Promise<string>) | undefined;
	/** A 401 is about to be passed on. */
	unauthorized?: () => Promise<void>;
	/** The stream that was to bring an answer has ended, and cannot be resumed. */
	ended(id: Id): void;
}

/**
 * `fetch` for the SDK's transports, with what they leave out: headers and tokens from the command line, the headers that
 * mirror a message of revision 2026-07-28, the JSON-RPC errors of refusals as messages, and word of answers that are lost.
 */
export function remoteFetch(options: RemoteFetchOptions): Fetch {
	const send = async (url: Parameters<Fetch>[0], init: RequestInit = {}) => {
		const request = await sent(init, options, false);
		const response = await fetch(url, request);
		if (response.status !== 401) return response;
		if (options.token) {
			await response.body?.cancel();
			return await fetch(url, await sent(init, options, true));
		}
		await options.unauthorized?.();
		return response;
	};
	return async (url, init) => {
		const message = messageOf(init);
		const response = await send(url, init);
		if (message === undefined || !isRequest(message)) return response;
		if (!response.ok) return await refusalOf(response, message.id);
		const type = response.headers.get("content-type") ?? "";
		return type.startsWith("text/event-stream")
			? watched(response, () => options.ended(message.id))
			: response;
	};
}

async function sent(
	init: RequestInit,
	{ headers, token }: RemoteFetchOptions,
	renew: boolean,
): Promise<RequestInit> {
	const all = new Headers(init.headers);
	const message = messageOf(init);
	if (message && "method" in message)
		for (const [name, value] of Object.entries(standardHeaders(message)))
			all.set(name, value);
	if (token) all.set("authorization", `Bearer ${await token(renew)}`);
	for (const [name, value] of Object.entries(headers)) all.set(name, value);
	return { ...init, headers: all };
}

/** The message that a POST of the SDK carries; undefined for everything else, its requests for tokens included. */
function messageOf(init: RequestInit | undefined): Message | undefined {
	if (init?.method !== "POST" || typeof init.body !== "string") return;
	try {
		const value = JSON.parse(init.body);
		return value?.jsonrpc === "2.0" ? value : undefined;
	} catch {
		return undefined;
	}
}

/** A refusal that is the JSON-RPC error of its request goes to the client as it is; of others the SDK makes an error. */
async function refusalOf(response: Response, id: Id): Promise<Response> {
	// These say what to do to HTTP clients: to log in, to begin a session.
	if ([401, 403].includes(response.status)) return response;
	const text = await response.text();
	const { headers, status, statusText } = response;
	try {
		const { error, id: own } = JSON.parse(text);
		const isSessionGone = status === 404 && error?.code !== -32601;
		if (error && own === id && !isSessionGone)
			return new Response(text, {
				headers: { "content-type": "application/json" },
			});
	} catch {
		// It is no JSON.
	}
	return new Response(text, { headers, status, statusText });
}

/** Calls back at the end of a stream of events that had no ids: the SDK resumes one that has. */
function watched(response: Response, ended: () => void): Response {
	const reader = response.body?.getReader();
	if (!reader) return response;
	const decoder = new TextDecoder();
	let isResumable = false;
	const end = () => {
		// What came last is on its way to the client first.
		if (!isResumable) setTimeout(ended, 100);
	};
	const body = new ReadableStream<Uint8Array>({
		async pull(controller) {
			try {
				const { done, value } = await reader.read();
				if (done) {
					controller.close();
					end();
					return;
				}
				isResumable ||= /^id:/m.test(decoder.decode(value, { stream: true }));
				controller.enqueue(value);
			} catch (error) {
				controller.error(error);
				end();
			}
		},
		cancel: (reason) => reader.cancel(reason),
	});
	const { headers, status } = response;
	return new Response(body, { headers, status });
}
