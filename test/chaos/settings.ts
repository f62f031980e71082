/** How long and by which draws a run goes. */
export interface ChaosSettings {
	/** From the first fault to the last, in ms. */
	chaosMs: number;
	/** The same seed draws the same faults, calls and waits. */
	seed: number;
}

/** CHAOS_MS and CHAOS_SEED; by default one minute and another seed each time. */
export function chaosSettings(
	env: Record<string, string | undefined>,
	random = Math.random,
): ChaosSettings {
	return {
		chaosMs: Number(env.CHAOS_MS ?? 60_000),
		seed: Number(env.CHAOS_SEED ?? Math.floor(random() * 2 ** 31)),
	};
}
