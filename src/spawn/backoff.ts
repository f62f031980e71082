const firstMs = 250;
const longestMs = 30_000;

/** Consecutive failures after which a server counts as failed and is tried again on demand only. */
export const failuresToGiveUp = 10;

/**
 * How long to wait before a child is started again, in ms: not at all after the
 * first failure, then doubling from 250 ms to 30 s, with the upper half of each
 * step left to chance so that many servers do not start in step.
 *
 * @param failures consecutive failures so far, at least 1
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
	if (failures <= 1) return 0;
	const step = Math.min(firstMs * 2 ** (failures - 2), longestMs);
	return Math.round(step * (0.5 + random / 2));
}
