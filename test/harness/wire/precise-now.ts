/** Milliseconds since 1970, with fractions: a message may be in the same one as the next test's beginning. */
export function preciseNow(): number {
	return performance.timeOrigin + performance.now();
}
