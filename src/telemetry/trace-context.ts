/** Where a trace stands, as a `traceparent` says it. */
export interface TraceParent {
	traceId: string;
	/** Of the span that the next one is a child of. */
	spanId: string;
	/** A byte; the lowest bit says that the trace is recorded. */
	flags: number;
}

const form =
	/^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Reads a `traceparent`; undefined for what is none (W3C Trace Context, section 3.2). */
export function parseTraceParent(value: unknown): TraceParent | undefined {
	const match = typeof value === "string" ? form.exec(value) : null;
	if (!match) return undefined;
	const [, version, traceId = "", spanId = "", flags = "", more] = match;
	// Later versions may say more.
	if (version === "00" && more !== undefined) return undefined;
	return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** A `traceparent` of version 00. */
export function printTraceParent(
	traceId: string,
	spanId: string,
	flags: number,
): string {
	return `00-${traceId}-${spanId}-${flags < 16 ? "0" : ""}${flags.toString(16)}`;
}
