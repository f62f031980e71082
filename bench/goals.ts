import { median } from "./statistics.ts";

/** The rounds of one metric, by kind of target. */
export interface Measured {
	readonly bridge: readonly number[];
	readonly relay: readonly number[] | undefined;
	readonly peers: readonly (readonly number[])[];
}

export interface Goal {
	readonly text: string;
	/** Undefined where what it compares with was not measured. */
	met(measured: Measured): boolean | undefined;
}

/** By the id of the metric. Metrics without a goal are there to explain those with one. */
export const goals: Readonly<Record<string, readonly Goal[]>> = {
	latency: [atMostRelay(1.3)],
	throughput: [atLeastRelay(0.8), atLeastBestPeer(2)],
	arguments: [atMostRelay(1.2)],
	results: [atMostRelay(1.2)],
	session: [atMostRelay(1.5)],
	spawned: [atMost(0, "none")],
	memory: [atMost(100, "≤ 100 MB")],
	churn: [atMost(1.05, "flat: ≤ 1.05")],
	idle: [atMost(40, "≤ 40 kB")],
	coldStart: [underPeers()],
};

/** The median of the ratios of each round, which what slows the machine for a round does not change. */
export function ratio(
	rounds: readonly number[],
	base: readonly number[],
): number {
	return median(
		rounds.flatMap((value, i) => {
			const other = base[i];
			return other === undefined ? [] : value / other;
		}),
	);
}

function atMostRelay(limit: number): Goal {
	return {
		text: `≤ ${limit} × relay`,
		met: ({ bridge, relay }) => relay && ratio(bridge, relay) <= limit,
	};
}

function atLeastRelay(limit: number): Goal {
	return {
		text: `≥ ${limit} × relay`,
		met: ({ bridge, relay }) => relay && ratio(bridge, relay) >= limit,
	};
}

function atLeastBestPeer(limit: number): Goal {
	return {
		text: `≥ ${limit} × best peer`,
		met: ({ bridge, peers }) =>
			peers.length === 0
				? undefined
				: peers.every((peer) => ratio(bridge, peer) >= limit),
	};
}

function underPeers(): Goal {
	return {
		text: "< peers",
		met: ({ bridge, peers }) =>
			peers.length === 0
				? undefined
				: peers.every((peer) => ratio(bridge, peer) < 1),
	};
}

function atMost(limit: number, text: string): Goal {
	return { text, met: ({ bridge }) => median(bridge) <= limit };
}
