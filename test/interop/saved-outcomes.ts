import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cached } from "./install.ts";
import type { Outcome } from "./outcome.ts";

const file = cached("outcomes.json");

/** The latest outcome of each client on this machine, so that a run of some renews the page of all. */
export function savedOutcomes(): Outcome[] {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
		throw error;
	}
}

/** Puts outcomes in the place of earlier ones of the same clients. */
export function saveOutcomes(outcomes: readonly Outcome[]): void {
	const isNewer = (saved: Outcome) =>
		outcomes.some(
			({ client, version }) =>
				client === saved.client && version === saved.version,
		);
	const others = savedOutcomes().filter((saved) => !isNewer(saved));
	mkdirSync(path.dirname(file), { recursive: true });
	writeFileSync(file, JSON.stringify([...others, ...outcomes], null, "\t"));
}
