import type { ClientRevision, Era, EraClient } from "./era-client.ts";

/** A client's era and the server's: a cell of the table, but for the client's revision. */
export type Pair = `${Era} on ${Era}`;

/** What the attempts of one cell work with. */
export interface Cell {
	/** Declares nothing that it could be asked, so it shares its child. */
	readonly client: EraClient;
	/** The era of the server. */
	readonly server: Era;
	/** The same client where it can be asked everything. */
	able(): Promise<EraClient>;
	/** One more client like `client`. */
	another(): Promise<EraClient>;
	/** Counts, by kind, what the bridge drops while this runs. */
	dropped(action: () => Promise<unknown>): Promise<Record<string, number>>;
}

/**
 * What becomes of a feature. `as is`: what one side says of it reaches the other unchanged. `translated`: all of it is
 * there, by other messages. In the other cases a client sees `seen` instead of all of it.
 */
export type Outcome =
	| { kind: "as is"; note?: string }
	| { kind: "translated"; note: string }
	| { kind: "in part" | "not there"; note: string; seen: unknown };

/** A row of the table. */
export interface Feature {
	name: string;
	/** The revision that it came with, where that is not the first. */
	since?: ClientRevision;
	/**
	 * It leaves a request behind that the server never answers. After that nobody can tell whose a message is that names
	 * none, so such features have a server aside.
	 */
	leavesRequest?: true;
	/** What a client sees of it where nothing is lost. */
	whole: unknown;
	/** Uses it; gives what the client has seen of it, the same for all clients as far as it is the same. */
	attempt(cell: Cell): Promise<unknown>;
	/** Client on server. */
	outcomes: Record<Pair, Outcome>;
}
