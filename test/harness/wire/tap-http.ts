import { ClientRequest, type IncomingMessage } from "node:http";
import { beginExchange } from "./exchange.ts";

/** From now on the same is kept of what is sent by node:http as of what is sent by `fetch`. */
export function tapHttp(): void {
	const { end } = ClientRequest.prototype;
	ClientRequest.prototype.end = function (
		this: ClientRequest,
		...args: unknown[]
	) {
		const [body] = args;
		const ended = end.apply(this, args as Parameters<typeof end>);
		const exchange = beginExchange(
			new URL(this.path, "http://bridge"),
			this.method,
			headersOf(this),
			typeof body === "string" || Buffer.isBuffer(body)
				? body.toString()
				: undefined,
		);
		// A listener of ours alone would keep the response from being thrown away.
		if (exchange !== undefined && this.listenerCount("response") > 0)
			this.prependOnceListener("response", (response) => {
				const tap = exchange.receive(
					response.statusCode ?? 0,
					new Headers(
						Object.entries(response.headers).map(([name, value]) => [
							name,
							String(value),
						]),
					),
				);
				onPush(response, tap);
			});
		return ended;
	} as typeof end;
}

/** The lines as they go out: where they were given as such, no header can be asked for by its name. */
function headersOf(request: ClientRequest): Headers {
	const { _header: head = "" } = request as unknown as { _header?: string };
	const headers = new Headers();
	for (const line of head.split("\r\n").slice(1)) {
		const colon = line.indexOf(":");
		if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1));
	}
	return headers;
}

/** Taps the body as it comes in, which unlike a listener does not make it flow. */
function onPush(
	response: IncomingMessage,
	tap: { add(chunk: Uint8Array): void; end(): void },
): void {
	const { push } = response;
	response.push = (chunk, encoding) => {
		if (chunk !== null) tap.add(chunk);
		else if (response.complete) tap.end();
		return push.call(response, chunk, encoding);
	};
}
