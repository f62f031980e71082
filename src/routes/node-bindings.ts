import type { Context } from "hono";

/** What Node's server puts into the context, as far as it is needed: the other runtimes have nothing of it. */
export interface NodeBindings {
	/** Names and values of the headers in turn. */
	incoming?: { rawHeaders: readonly string[] };
	outgoing?: {
		readonly writableFinished: boolean;
		destroy(): void;
		once(event: "close", listener: () => void): void;
	};
}

export function nodeBindings(c: Context): NodeBindings {
	return (c.env as NodeBindings | undefined) ?? {};
}
