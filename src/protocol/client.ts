import type { Members } from "./messages.ts";

/** What a legacy client said of itself in `initialize`. */
export interface Client {
	capabilities: Members;
	/** `clientInfo`, where it gave one. */
	info?: Members;
}
