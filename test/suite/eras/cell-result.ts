import { type ClientRevision, type Era, eraOf } from "./era-client.ts";
import type { Feature, Outcome } from "./feature.ts";

/** What a test of one cell has shown. */
export interface CellResult {
	feature: string;
	/** The revision that the feature came with, where that is not the first. */
	since?: ClientRevision;
	client: ClientRevision;
	server: Era;
	kind: Outcome["kind"];
	/** What is translated or lost. */
	note?: string;
}

declare module "vitest" {
	interface TaskMeta {
		/** For docs/compatibility.md. */
		cell?: CellResult;
	}
}

export function outcomeOf(
	{ outcomes }: Feature,
	client: ClientRevision,
	server: Era,
): Outcome {
	return outcomes[`${eraOf(client)} on ${server}`];
}

/** The result of a cell whose client has seen what the table says. */
export function cellResult(
	feature: Feature,
	client: ClientRevision,
	server: Era,
): CellResult {
	const { name, since } = feature;
	const { kind, note } = outcomeOf(feature, client, server);
	return {
		feature: name,
		...(since && { since }),
		client,
		server,
		kind,
		...(note && { note }),
	};
}
