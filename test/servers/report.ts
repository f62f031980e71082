import { table } from "../harness/table.ts";
import type { Backends } from "./backends.ts";
import { Missing } from "./expect.ts";
import { proofs } from "./proofs.ts";
import { type Transport, transports } from "./transports.ts";

export type Outcome =
	| { state: "proved" }
	/** Something that it needs cannot be had here. */
	| { state: "not proved"; reason: string }
	| { state: "FAILED"; reason: string };

/** Runs a proof to its outcome. */
export async function outcomeOf(prove: () => Promise<void>): Promise<Outcome> {
	try {
		await prove();
		return { state: "proved" };
	} catch (error) {
		const state = error instanceof Missing ? "not proved" : "FAILED";
		return { state, reason: (error as Error).message };
	}
}

export interface Results {
	servers: Map<string, Record<Transport, Outcome>>;
	quirks: Map<string, Outcome>;
}

/** The tables, the reasons of what is not proved, and the count. */
export function reportText(
	{ servers, quirks }: Results,
	backends: Backends,
): string {
	const reasons: string[] = [];
	const cell = (where: string, outcome: Outcome) => {
		if (outcome.state !== "proved")
			reasons.push(`- ${where}: ${outcome.state}: ${outcome.reason}`);
		return outcome.state;
	};
	const serverRows = [...servers].map(([server, outcomes]) => [
		server,
		nameOf(server, backends),
		...transports.map((transport) =>
			cell(`${server}, ${transport}`, outcomes[transport]),
		),
	]);
	const quirkRows = [...quirks].map(([claim, outcome]) => [
		claim,
		cell(claim, outcome),
	]);
	const parts = [
		table([["server", "against", ...transports], ...serverRows]),
		table([["claim", "outcome"], ...quirkRows]),
		reasons.join("\n"),
		count({ servers, quirks }),
	];
	return parts.filter((part) => part !== "").join("\n\n");
}

function count(results: Results): string {
	const states = outcomes(results).map(({ state }) => state);
	const number = (state: Outcome["state"]) =>
		states.filter((one) => one === state).length;
	return `${number("proved")} proved, ${number("not proved")} not proved, ${number("FAILED")} failed`;
}

export function hasFailed(results: Results): boolean {
	return outcomes(results).some(({ state }) => state === "FAILED");
}

function outcomes({ servers, quirks }: Results): Outcome[] {
	return [
		...[...servers.values()].flatMap((row) => Object.values(row)),
		...quirks.values(),
	];
}

/** What the answers of a server were compared with, by name. */
function nameOf(server: string, backends: Backends): string {
	const { against = [] } = proofs[server] ?? {};
	if (against.length === 0) return "its files";
	const names = against.map((key) => {
		const had = backends[key];
		return "value" in had && "name" in had.value ? had.value.name : "nothing";
	});
	return names.join(", ");
}
