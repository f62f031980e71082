import type { Revision } from "./revisions.ts";
import type { WireText } from "./wire-text.ts";

/** One message of a conversation. */
export interface Said extends WireText {
	by: "bridge" | "peer";
	/** Milliseconds since 1970. */
	at: number;
	/** Streamable HTTP: the POST that it was in, or that it answers. */
	post?: number;
	/** It is the body of an HTTP response that refuses the POST. */
	refusal?: boolean;
	/** It is one of several in the body of an HTTP response. */
	batch?: boolean;
}

/** What the bridge and one client or child said to each other, within which ids are unique. */
export interface Conversation {
	peer: "client" | "child";
	/** The server's name, in lower case; undefined where the path names none. */
	server: string | undefined;
	revisions: Revision[];
	said: Said[];
	/** What went wrong with the bridge's messages outside of any of them. */
	problems: { at: number; text: string; problem: string }[];
}
