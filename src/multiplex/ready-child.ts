import type { Members, Message } from "../protocol/messages.ts";
import type { Era } from "../protocol/revisions.ts";

/** A child that is ready. */
export interface ReadyChild {
	era: Era;
	/** Its raw result of `initialize`, or of `server/discover` where it is modern. */
	result: Members;
	/**
	 * Writes one message; false for one that cannot be written.
	 *
	 * @param written called when all of it has left the bridge
	 */
	write(message: Message, written?: () => void): boolean;
	/** Whether it reads more slowly than it is written to, so that what follows had better wait. */
	isBehind(): boolean;
}
