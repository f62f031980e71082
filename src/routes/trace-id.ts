import type { Context } from "hono";
import {
	type Id,
	isMembers,
	isSameId,
	type Request,
} from "../protocol/messages.ts";
import type { MessageOrigin } from "./message-origin.ts";

/** The trace that a `traceparent` names (W3C Trace Context, section 3.2). */
export function traceIdOfHeader(value: unknown): string | undefined {
	return typeof value === "string"
		? /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/.exec(value)?.[1]
		: undefined;
}

/** The trace that a request belongs to: its own `_meta` says it first, then the HTTP request that it came in. */
export function traceIdOf(
	request: Request,
	origin: Pick<MessageOrigin, "traceparent"> | undefined,
): string | undefined {
	return ownTraceId(request) ?? traceIdOfHeader(origin?.traceparent);
}

function ownTraceId({ params }: Request): string | undefined {
	const meta = params?._meta;
	return isMembers(meta) ? traceIdOfHeader(meta.traceparent) : undefined;
}

const key = "requests";

/** Remembers what an HTTP request asks for, in case that it is refused. */
export function noteRequests(c: Context, requests: readonly Request[]): void {
	c.set(key, requests);
}

/** The same as {@link traceIdOf} for a request that goes no further, as far as it was read. */
export function traceIdOfRefused(
	c: Context,
	id: Id | null | undefined,
): string | undefined {
	const requests = (c.get(key) as readonly Request[] | undefined) ?? [];
	const request = requests.find((each) => isSameId(each.id, id));
	return (
		(request && ownTraceId(request)) ??
		traceIdOfHeader(c.req.header("traceparent"))
	);
}
