import type { SpanContext } from "@opentelemetry/api";
import type { Members, Request } from "../protocol/messages.ts";
import { metaOf } from "../protocol/meta.ts";
import type { MessageOrigin } from "../routes/message-origin.ts";
import type { Asker, Followed, Observer } from "../routes/observer.ts";
import { RequestSpans, type SpanMaking } from "./request-spans.ts";
import { newSpanId, newTraceId } from "./span-ids.ts";
import {
	parseTraceParent,
	printTraceParent,
	type TraceParent,
} from "./trace-context.ts";
import type { TraceSettings } from "./trace-settings.ts";

/** What makes spans, and of what. */
export interface TraceObserverOptions extends SpanMaking {
	propagates: TraceSettings["propagates"];
	isSampled(traceId: string, parent: SpanContext | undefined): boolean;
}

/** The bit of a `traceparent` that says that its trace is recorded. */
const sampledFlag = 1;

/** What the bridge answers without its server: no child has a part in it. */
const ownMethods = new Set(["initialize", "server/discover", "ping"]);

/**
 * Makes two spans of each request that is sampled: its own, and in it that of
 * the server, of which the child learns by `_meta` (2026-07-28, basic/index,
 * '_meta'). The trace is that of the request's own `_meta`, else of the headers
 * that it came with, else a new one.
 */
export function traceObserver(options: TraceObserverOptions): Observer {
	const { propagates, isSampled } = options;
	const parse = propagates.traceContext ? parseTraceParent : () => undefined;

	const follow = (
		request: Request,
		origin: MessageOrigin | undefined,
		asker: Asker,
	): Followed => {
		const meta = metaOf(request.params);
		const own = parse(meta?.traceparent);
		const outer = parse(origin?.traceparent);
		const parent = own ?? outer;
		const traceId = parent?.traceId ?? newTraceId();
		const remote = parent && remoteContext(parent);
		const sampled = isSampled(traceId, remote);
		const parentFlags = parent?.flags ?? 0;
		const flags = sampled
			? parentFlags | sampledFlag
			: parentFlags & ~sampledFlag;
		const hasChild = !ownMethods.has(request.method);
		const state = own ? meta?.tracestate : outer && origin?.tracestate;
		const tracestate = typeof state === "string" ? state : undefined;

		const passedOn = (spanId: string): Request => {
			if (!hasChild) return request;
			const trace = propagates.traceContext
				? printTraceParent(traceId, spanId, flags)
				: undefined;
			const baggage = propagates.baggage ? origin?.baggage : undefined;
			if (trace === undefined && baggage === undefined) return request;
			return withMeta(
				request,
				metaWith(meta, trace, own ? undefined : { tracestate }, baggage),
			);
		};

		if (!sampled) {
			// Nobody will look for a span of the bridge: the child's parent is the client's own.
			const isAsBefore = own?.flags === flags;
			return {
				request: isAsBefore ? request : passedOn(parent?.spanId ?? newSpanId()),
				traceId,
				answered() {},
			};
		}
		const childSpanId = hasChild ? newSpanId() : undefined;
		return new RequestSpans(
			options,
			childSpanId === undefined ? request : passedOn(childSpanId),
			traceId,
			{
				asked: request,
				asker,
				origin,
				parent: remote,
				// The HTTP request may belong to another trace than the message in it (semantic conventions for MCP, 'Context propagation').
				linked: own && outer && own.spanId !== outer.spanId ? outer : undefined,
				flags,
				tracestate,
				spanId: newSpanId(),
				childSpanId,
				passedOnAt: performance.now(),
			},
		);
	};

	return {
		watchesRequests: false,
		follow,
		refused() {},
		answered() {},
		sessionOpened() {},
		sessionEnded() {},
	};
}

function remoteContext({ traceId, spanId, flags }: TraceParent): SpanContext {
	return { traceId, spanId, traceFlags: flags, isRemote: true };
}

/**
 * The `_meta` from which a child learns where it stands.
 *
 * @param foreign what takes the place of the `tracestate`, which belongs to no `traceparent` here
 */
function metaWith(
	meta: Members | undefined,
	traceparent: string | undefined,
	foreign: { tracestate: string | undefined } | undefined,
	baggage: string | undefined,
): Members {
	const all: Members = { ...meta };
	if (traceparent !== undefined) {
		all.traceparent = traceparent;
		if (foreign?.tracestate !== undefined) all.tracestate = foreign.tracestate;
		else if (foreign && all.tracestate !== undefined) delete all.tracestate;
	}
	if (baggage !== undefined) all.baggage ??= baggage;
	return all;
}

function withMeta(request: Request, _meta: Members): Request {
	return { ...request, params: { ...request.params, _meta } };
}
