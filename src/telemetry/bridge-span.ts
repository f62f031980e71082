import type {
	Attributes,
	HrTime,
	Link,
	SpanContext,
	SpanKind,
	SpanStatus,
} from "@opentelemetry/api";
import type { InstrumentationScope } from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

/** What all spans of one bridge have in common. */
export interface SpanOrigin {
	resource: Resource;
	instrumentationScope: InstrumentationScope;
}

/** What all spans for one thing have in common. */
export interface SpanShape {
	readonly name: string;
	readonly kind: SpanKind;
	readonly attributes: Attributes;
}

/** What one span has of its own. */
export interface SpanFacts {
	readonly context: SpanContext;
	readonly parent: SpanContext | undefined;
	/** In ms since 1970. */
	readonly startedAt: number;
	readonly endedAt: number;
	readonly status: SpanStatus;
	/** Those that are undefined are none. */
	readonly attributes: Readonly<Record<string, string | undefined>>;
	readonly links: Link[];
}

const noEvents: never[] = [];

/** Exporters look whether there is a parent, not whether there is the member. */
type Readable = Omit<ReadableSpan, "parentSpanContext"> & {
	readonly parentSpanContext: SpanContext | undefined;
};

/**
 * A span as an exporter reads it. The SDK's own is made to be added to from
 * anywhere while it is open; of a request all is known at its end, so that it
 * can be made then, and costs little.
 */
export class BridgeSpan implements Readable {
	readonly origin: SpanOrigin;
	readonly shape: SpanShape;
	readonly facts: SpanFacts;

	constructor(origin: SpanOrigin, shape: SpanShape, facts: SpanFacts) {
		this.origin = origin;
		this.shape = shape;
		this.facts = facts;
	}

	get resource(): Resource {
		return this.origin.resource;
	}

	get instrumentationScope(): InstrumentationScope {
		return this.origin.instrumentationScope;
	}

	get name(): string {
		return this.shape.name;
	}

	get kind(): SpanKind {
		return this.shape.kind;
	}

	spanContext(): SpanContext {
		return this.facts.context;
	}

	get parentSpanContext(): SpanContext | undefined {
		return this.facts.parent;
	}

	get startTime(): HrTime {
		return hrTime(this.facts.startedAt);
	}

	get endTime(): HrTime {
		return hrTime(this.facts.endedAt);
	}

	get duration(): HrTime {
		return hrTime(this.facts.endedAt - this.facts.startedAt);
	}

	get status(): SpanStatus {
		return this.facts.status;
	}

	get attributes(): Attributes {
		const attributes: Attributes = { ...this.shape.attributes };
		for (const [key, value] of Object.entries(this.facts.attributes)) {
			if (value !== undefined) attributes[key] = value;
		}
		return attributes;
	}

	get links(): Link[] {
		return this.facts.links;
	}

	get events(): never[] {
		return noEvents;
	}

	get ended(): boolean {
		return true;
	}

	get droppedAttributesCount(): number {
		return 0;
	}

	get droppedEventsCount(): number {
		return 0;
	}

	get droppedLinksCount(): number {
		return 0;
	}
}

/** Seconds and nanoseconds. */
export function hrTime(ms: number): HrTime {
	const seconds = Math.trunc(ms / 1000);
	return [seconds, Math.trunc((ms - seconds * 1000) * 1e6)];
}
