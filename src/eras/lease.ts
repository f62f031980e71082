import type { ErrorObject, Request } from "../protocol/messages.ts";
import type { ModernClient } from "../protocol/meta.ts";
import type { Peer } from "../protocol/peer.ts";

/** A child of its own that one call has for its time, so that what the child asks can only belong to this call. */
export interface Lease {
	/** Speaks legacy, and is ready; questions of the child come with the call. */
	readonly peer: Peer;
	/** Of the child's own result of `initialize`. */
	readonly serverInfo: unknown;
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

/**
 * Gets a lease as soon as there is a child that is ready, or the error why
 * there is none; gives a function that gives up waiting.
 *
 * @param found called where a child has been found that has to start yet: its start has a time limit of its own
 */
export type TakeLease = (
	client: ModernClient,
	request: Request,
	take: (given: Lease | { error: ErrorObject }) => void,
	found: () => void,
) => () => void;
