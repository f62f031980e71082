import type { Session } from "./clients/session.ts";

/** The two ways a client speaks HTTP to a bridge. */
export const dialects = ["Streamable HTTP", "HTTP+SSE"] as const;
export type Dialect = (typeof dialects)[number];

/** Something that runs `bench-server.mjs` and offers it to clients. */
export interface Target {
	readonly name: string;
	readonly version: string;
	/** `direct` has no process of its own between client and child, so there is nothing of it to weigh or to open sessions with. */
	readonly kind: "direct" | "relay" | "bridge" | "peer";
	/** Resolves once it accepts connections. */
	start(dialect: Dialect): Promise<Running>;
}

export interface Running {
	readonly pid: number;
	/** A new client on a connection of its own, before its `initialize`. */
	connect(): Promise<Session>;
	/** How it ended, if it did of its own accord. */
	ended(): string | undefined;
	/** Ends the process and whatever it started; resolves to the number of children it would have left behind. */
	stop(): Promise<number>;
}
