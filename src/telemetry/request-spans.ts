import {
	createTraceState,
	type Link,
	type SpanContext,
	type SpanStatus,
	SpanStatusCode,
} from "@opentelemetry/api";
import type { Request, Response } from "../protocol/messages.ts";
import type { MessageOrigin } from "../routes/message-origin.ts";
import type { Asker, Followed, Outcome } from "../routes/observer.ts";
import { sessionLabel } from "../routes/operations/access-log.ts";
import { bounded } from "./bounded.ts";
import { BridgeSpan, type SpanOrigin } from "./bridge-span.ts";
import type { SpanShapes } from "./span-shapes.ts";
import type { TraceParent } from "./trace-context.ts";

/** A request whose spans are wanted. */
export interface TracedRequest {
	/** As the client sent it. */
	asked: Request;
	asker: Asker;
	origin: MessageOrigin | undefined;
	parent: SpanContext | undefined;
	/** Another trace that it came with. */
	linked: TraceParent | undefined;
	flags: number;
	tracestate: string | undefined;
	spanId: string;
	/** Undefined where no child has a part in it. */
	childSpanId: string | undefined;
	/** In ms of `performance.now()`. */
	passedOnAt: number;
}

/** What spans are made with. */
export interface SpanMaking {
	origin: SpanOrigin;
	shapes: SpanShapes;
	ended(span: BridgeSpan): void;
}

const unset: SpanStatus = { code: SpanStatusCode.UNSET };
const noLinks: Link[] = [];
const noAttributes = {};

/** The spans of one request. They are made at its end, when all is known. */
export class RequestSpans implements Followed {
	readonly request: Request;
	readonly traceId: string;
	readonly #making: SpanMaking;
	readonly #traced: TracedRequest;

	/** @param request as the server gets it */
	constructor(
		making: SpanMaking,
		request: Request,
		traceId: string,
		traced: TracedRequest,
	) {
		this.request = request;
		this.traceId = traceId;
		this.#making = making;
		this.#traced = traced;
	}

	answered(answer: Response, outcome: Outcome, heardAt: number): void {
		const { origin, shapes, ended } = this.#making;
		const traced = this.#traced;
		const { asked, asker, childSpanId, linked, passedOnAt } = traced;
		const { client, server } = shapes.of(asker.server, asked);
		const status = statusOf(answer, outcome);
		const more = outcomeAttributes(asked, answer, outcome);
		const context = this.#contextOf(traced.spanId);
		const epoch = epochOffset();
		if (childSpanId !== undefined) {
			ended(
				new BridgeSpan(origin, client, {
					context: this.#contextOf(childSpanId),
					parent: context,
					startedAt: epoch + passedOnAt,
					endedAt: epoch + heardAt,
					status,
					attributes: more,
					links: noLinks,
				}),
			);
		}
		const facts = {
			"jsonrpc.request.id": bounded(String(asked.id)),
			"mcp.session.id": asker.session && labelOf(asker),
			"url.path": traced.origin && bounded(traced.origin.path),
			"client.address": traced.origin?.address,
		};
		ended(
			new BridgeSpan(origin, server, {
				context,
				parent: traced.parent,
				startedAt: epoch + (traced.origin?.arrivedAt ?? passedOnAt),
				endedAt: epoch + performance.now(),
				status,
				attributes: more === noAttributes ? facts : { ...facts, ...more },
				links: linked ? [linkTo(linked)] : noLinks,
			}),
		);
	}

	#contextOf(spanId: string): SpanContext {
		const { traceId } = this;
		const { flags, tracestate } = this.#traced;
		return tracestate === undefined
			? { traceId, spanId, traceFlags: flags }
			: {
					traceId,
					spanId,
					traceFlags: flags,
					traceState: createTraceState(tracestate),
				};
	}
}

/** What is rarely there. */
function outcomeAttributes(
	{ method, params }: Request,
	answer: Response,
	outcome: Outcome,
): Readonly<Record<string, string>> {
	const isOfResource =
		method.startsWith("resources/") && typeof params?.uri === "string";
	const hasFailed = "error" in answer || outcome === "tool-error";
	if (!isOfResource && !hasFailed) return noAttributes;
	const code = "error" in answer ? String(answer.error.code) : undefined;
	return {
		...(isOfResource && { "mcp.resource.uri": bounded(String(params.uri)) }),
		...(code !== undefined && { "rpc.response.status_code": code }),
		...(hasFailed && {
			"error.type":
				outcome === "cancelled" ? "cancelled" : (code ?? "tool_error"),
		}),
	};
}

function statusOf(answer: Response, outcome: Outcome): SpanStatus {
	if ("error" in answer) {
		const message = bounded(answer.error.message);
		return { code: SpanStatusCode.ERROR, message };
	}
	return outcome === "tool-error" ? { code: SpanStatusCode.ERROR } : unset;
}

function linkTo({ traceId, spanId, flags }: TraceParent): Link {
	const context = { traceId, spanId, traceFlags: flags, isRemote: true };
	return { context };
}

/** Each session has one asker, and many requests. */
const labels = new WeakMap<Asker, string>();

function labelOf(asker: Asker): string {
	let label = labels.get(asker);
	if (label === undefined) {
		label = sessionLabel(asker.session ?? "");
		labels.set(asker, label);
	}
	return label;
}

let lastOffset = performance.timeOrigin;

/** What `performance.now()` lacks to be ms since 1970: the system's clock may have been set since the start. */
function epochOffset(): number {
	const offset = Date.now() - performance.now();
	// Date.now() has whole milliseconds only.
	if (Math.abs(offset - lastOffset) > 2) lastOffset = offset;
	return lastOffset;
}
