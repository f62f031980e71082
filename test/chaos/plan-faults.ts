import type { Random } from "./random.ts";

export type RestartSignal = "SIGTERM" | "SIGKILL";

/** What is done to the bridge, its children or its clients. Draws from 0 to 1 choose among what there is by then. */
export type Fault =
	| { kind: "kill"; server: string; draw: number }
	| { kind: "freeze"; server: string; draw: number; forMs: number }
	| { kind: "cut"; clients: number[]; draw: number }
	| { kind: "toggle"; server: string }
	| { kind: "extra" }
	| { kind: "restart"; signal: RestartSignal };

/** A fault, and when it comes: in ms from the beginning. */
export type PlannedFault = Fault & { at: number };

export interface PlanOptions {
	chaosMs: number;
	servers: readonly string[];
	clients: number;
}

const kinds = [
	{ kind: "cut", weight: 6 },
	{ kind: "kill", weight: 3 },
	{ kind: "freeze", weight: 2 },
	{ kind: "toggle", weight: 1 },
	{ kind: "extra", weight: 1 },
] as const;

/** The last quarter has no restart of the bridge, so that one lives long enough to be measured. */
export const restartsEnd = 0.75;
const restartEveryMs = 20_000;

/** All faults of a run, in order. */
export function planFaults(
	random: Random,
	{ chaosMs, servers, clients }: PlanOptions,
): PlannedFault[] {
	const faults: PlannedFault[] = [];
	for (let at = 1000; at < chaosMs; at += random.between(300, 1200))
		faults.push({ at, ...drawFault(random, servers, clients) });
	return [...faults, ...planRestarts(random, chaosMs)].sort(
		(one, other) => one.at - other.at,
	);
}

function drawFault(
	random: Random,
	servers: readonly string[],
	clients: number,
): Fault {
	const { kind } = random.weighted(kinds);
	const server = random.pick(servers);
	const draw = random.next();
	switch (kind) {
		case "cut": {
			const cut = Array.from({ length: random.between(1, 5) }, () =>
				random.between(0, clients - 1),
			);
			return { kind, clients: cut, draw };
		}
		case "kill":
			return { kind, server, draw };
		case "freeze":
			return { kind, server, draw, forMs: random.between(500, 4000) };
		case "toggle":
			return { kind, server };
		case "extra":
			return { kind };
	}
}

function planRestarts(random: Random, chaosMs: number): PlannedFault[] {
	const count = Math.max(
		2,
		Math.round((chaosMs * restartsEnd) / restartEveryMs),
	);
	const slot = (chaosMs * restartsEnd) / (count + 0.5);
	return Array.from({ length: count }, (_, index) => ({
		at: Math.round(slot * (index + 0.4 + random.next() * 0.4)),
		kind: "restart",
		signal: index % 2 === 0 ? "SIGTERM" : "SIGKILL",
	}));
}
