import type { Context } from "hono";
import { clientAddress } from "./client-address.ts";

/** What an HTTP request says of the messages in it. */
export interface MessageOrigin {
	/** Headers (W3C Trace Context and Baggage). */
	traceparent: string | undefined;
	tracestate: string | undefined;
	baggage: string | undefined;
	/** The HTTP request's path, without the query. */
	path: string;
	/** The client's address, where it is known. */
	address: string | undefined;
	/** When it came in, in ms of `performance.now()`, where that was noted. */
	arrivedAt: number | undefined;
}

const key = "arrivedAt";

/** Notes when an HTTP request came in. */
export function noteArrival(c: Context): void {
	c.set(key, performance.now());
}

/** Where the messages of an HTTP request come from; undefined where nobody wants to know. */
export function originOf(
	c: Context,
	observer: { readonly readsTraces?: boolean; readonly follow?: unknown },
): MessageOrigin | undefined {
	if (!observer.readsTraces && !observer.follow) return undefined;
	const traceparent = c.req.header("traceparent");
	return {
		traceparent,
		// By itself it says nothing (W3C Trace Context, section 3.3).
		tracestate: traceparent && c.req.header("tracestate"),
		baggage: c.req.header("baggage"),
		path: c.req.path,
		address: clientAddress(c),
		arrivedAt: c.get(key) as number | undefined,
	};
}
