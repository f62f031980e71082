/**
 * A moment on two clocks. Durations and deadlines go by the monotonic one: the
 * wall clock, which is for people, may be set back or forward at any time.
 */
export interface Timestamp {
	/** In ms, from whenever; never goes back. */
	readonly monotonicMs: number;
	/** In ms since 1970. */
	readonly wallMs: number;
}

/** This moment. */
export function timestamp(): Timestamp {
	return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/** The moment so many ms later. */
export function after({ monotonicMs, wallMs }: Timestamp, ms: number) {
	return { monotonicMs: monotonicMs + ms, wallMs: wallMs + ms };
}

/** The ms from one moment to another, below 0 where that was before. */
export function msBetween(from: Timestamp, to: Timestamp): number {
	return to.monotonicMs - from.monotonicMs;
}

/** As status pages have it: ISO 8601. */
export function isoTime({ wallMs }: Timestamp): string {
	return new Date(wallMs).toISOString();
}
