import type { ErrorObject, Members, Message, Request } from "./messages.ts";
import type { Era } from "./revisions.ts";
import type { Bounds } from "./waiting-line.ts";

/** How long a request may take, in ms; 0 is for ever. */
export interface TimeLimits {
	/** From when it was sent, or its last progress, and before that for its turn. */
	requestTimeoutMs: number;
	/** From when it was sent, progress or not. */
	maxRequestTimeoutMs: number;
}

/** What a multiplexer needs from whoever runs the child. */
export interface MultiplexerOptions {
	/** The server's name, for errors. */
	server: string;
	/** Several clients, none of whose capabilities the child was told: it cannot ask them anything. */
	shared: boolean;
	/** What one child has said is served while the next one starts. */
	remembers: boolean;
	/** The page of a list as clients are given it. */
	listed(method: string, page: Members): Members;
	/** Why a client's request that has waited may not go to the child any more, in the child's era; undefined where it may. */
	refuses(request: Request, era: Era): ErrorObject | undefined;
	/** How many requests may be in flight at the child. */
	concurrency(): number;
	/** How much may wait for it. */
	queue(): Bounds;
	/** How long a request may take at it. */
	timeLimits(): TimeLimits;
	/** One of these was reached. */
	limitReached(limit: keyof Bounds | keyof TimeLimits): void;
	/** A request goes to another child, since its own has died. */
	retried(): void;
	/** Something waits for a child. Called again with each thing that waits. */
	need(): void;
	/** A client's request has been written to the child. Subscriptions, which are made again on every child, are not meant. */
	asked(): void;
	/** The child has answered a client's request. */
	served(): void;
	/** No request is in flight at the child. */
	quiet(): void;
	/** A request that waited made the bridge fail. */
	failed(error: unknown): void;
	/** A message had nobody to go to and was dropped: its kind. */
	dropped(kind: string): void;
	/** A legacy child says that one of its lists has changed: the notification's method. */
	changed(method: string): void;
}

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
