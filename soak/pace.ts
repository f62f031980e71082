import { setTimeout as sleep } from "node:timers/promises";

/** Each call resolves in its turn, so many a second at most. Time that was lost is not made up for. */
export function pace(perSecond: number): () => Promise<void> {
	let next = 0;
	return async () => {
		const now = performance.now();
		const turn = Math.max(now, next);
		next = turn + 1000 / perSecond;
		if (turn > now) await sleep(turn - now);
	};
}
