import type { Connections } from "../bench/clients/connections.ts";

/** One way a client can use a bridge, from its first request to its last. */
export interface SessionKind {
	readonly name: string;
	/** How many of 1,000 sessions. */
	readonly share: number;
	/** Resolves when the client has gone. A wrong answer is an error. */
	run(context: SessionContext): Promise<void>;
}

export interface SessionContext {
	/** Of the bridge. */
	readonly url: URL;
	/** No other session has it. */
	readonly number: number;
	/** For requests without a session: kept alive from one to the next. */
	readonly connections: Connections;
}

/** What clients declare that can be asked something: each gets a process of its own. */
export const askable = { roots: {}, sampling: {}, elicitation: {} };

export function serverUrl(
	{ url }: SessionContext,
	server: "auto" | "session",
	route: "mcp" | "sse",
): URL {
	return new URL(`/servers/${server}/${route}`, url);
}
