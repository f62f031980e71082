import type { Context } from "hono";
import { isMembers, type Request } from "../protocol/messages.ts";

/** Of requests that came with the header, which is no part of them. */
const ofHeaders = new WeakMap<Request, string>();

/** The trace that a `traceparent` names (W3C Trace Context, section 3.2). */
export function traceIdOfHeader(value: unknown): string | undefined {
	return typeof value === "string"
		? /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/.exec(value)?.[1]
		: undefined;
}

/** Remembers the trace that an HTTP request names for the messages in it. */
export function noteTrace(c: Context, requests: readonly Request[]): void {
	const trace = traceIdOfHeader(c.req.header("traceparent"));
	if (trace === undefined) return;
	for (const request of requests) ofHeaders.set(request, trace);
}

/** The trace that a request belongs to: its own `_meta` says it first, then the HTTP request that it came in. */
export function traceIdOf(request: Request): string | undefined {
	const meta = request.params?._meta;
	const own = isMembers(meta) ? traceIdOfHeader(meta.traceparent) : undefined;
	return own ?? ofHeaders.get(request);
}
