import { beginExchange, type Exchange } from "./exchange.ts";

/**
 * From now on what `fetch` sends to an endpoint of MCP, and what is read of the response, is kept in
 * `exchanges`. The body is tapped as its consumer reads it: nothing is read ahead of it, and its end, its
 * failure and its cancellation are those of the connection.
 */
export function tapFetch(): void {
	const { fetch } = globalThis;
	globalThis.fetch = async (input, init) => {
		const url = new URL(input instanceof Request ? input.url : input);
		const exchange = beginExchange(
			url,
			init?.method ?? (input instanceof Request ? input.method : "GET"),
			new Headers(
				init?.headers ?? (input instanceof Request ? input.headers : {}),
			),
			typeof init?.body === "string" ? init.body : undefined,
		);
		const response = await fetch(input, init);
		return exchange === undefined ? response : tapped(response, exchange);
	};
}

function tapped(response: Response, exchange: Exchange): Response {
	const { status, statusText, headers } = response;
	const tap = exchange.receive(status, headers);
	if (response.body === null) return response;
	let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
	const through = new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				// Not before somebody reads: a response that nobody does is closed when it is collected,
				// for which the stream has to hold the response and not its body alone.
				reader ??= (response.body as ReadableStream<Uint8Array>).getReader();
				const { done, value } = await reader.read();
				if (done) {
					tap.end();
					controller.close();
					return;
				}
				tap.add(value);
				controller.enqueue(value);
			},
			cancel: (reason) => (reader ?? response.body)?.cancel(reason),
		},
		{ highWaterMark: 0 },
	);
	const copy = new Response(through, { status, statusText, headers });
	for (const name of ["url", "redirected", "type"] as const)
		Object.defineProperty(copy, name, { value: response[name] });
	return copy;
}
