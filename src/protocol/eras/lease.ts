import type { Request } from "../messages.ts";
import type { Peer } from "../peer.ts";
import type { ModernClient } from "./meta.ts";

/** A child of its own that one call has for its time, so that what the child asks can only belong to this call. */
export interface Lease {
	/** Speaks legacy; questions of the child come with the call. */
	readonly peer: Peer;
	/** What the child asked before any call, and still wants to know. */
	readonly questions: readonly Request[];
	/** Its process is another one than with the lease before. */
	readonly isFresh: boolean;
	/** The call waits for its client: it takes nobody's turn meanwhile. */
	suspended: boolean;
	/**
	 * Gives the child back.
	 *
	 * @param used a client has told it something, or it was left in the middle of a call: it is not for others any more
	 * @param open what it has asked and nobody has answered
	 */
	release(used: boolean, open: readonly Request[]): void;
}

/** Gets a lease for a client, as soon as there is one; gives a function that gives up waiting. */
export type TakeLease = (
	client: ModernClient,
	take: (lease: Lease) => void,
) => () => void;
