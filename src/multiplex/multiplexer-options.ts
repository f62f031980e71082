import type { DropKind } from "../protocol/drop-kinds.ts";
import type { Filters } from "../protocol/filters.ts";
import type { ErrorObject, Members, Request } from "../protocol/messages.ts";
import type { Envelope } from "../protocol/meta.ts";
import type { Repair } from "../protocol/repair-json.ts";
import type { Era } from "../protocol/revisions.ts";
import type { TimeLimits } from "../protocol/time-limits.ts";
import type { Clock } from "./clock.ts";
import type { Bounds } from "./queue.ts";
import type { Translators } from "./translators.ts";

/** What a multiplexer needs from whoever runs the child. */
export interface MultiplexerOptions {
	/** The server's name, for errors. */
	server: string;
	/** As whom the child is opened. */
	client: Envelope;
	/** Several clients, none of whose capabilities the child was told: it cannot ask them anything. */
	shared: boolean;
	/** What one child has said is served while the next one starts. */
	remembers: boolean;
	translators: Translators;
	clock: Clock;
	/** The page of a list as clients are given it. */
	listed(method: string, page: Members): Members;
	/** What of the server clients may see and use, as it is now. */
	filters(): Filters | undefined;
	/** Why a client's request that has waited may not go to the child any more; undefined where it may. */
	refuses(request: Request, era: Era): ErrorObject | undefined;
	/** How many requests may be in flight at the child. */
	concurrency(): number;
	/** How much may wait for it. */
	queue(): Bounds;
	/** How long a request may take at it. */
	timeLimits(): TimeLimits;
	/** What is told of the messages that pass. */
	events: MultiplexerEvents;
}

/** What happens in a multiplexer. */
export interface MultiplexerEvents {
	/** Something waits for a child. Called again with each thing that waits. */
	need(): void;
	/** No request is in flight at the child. */
	quiet(): void;
	/** A client's request has been written to the child. Subscriptions, which are made again on every child, are not meant. */
	asked(): void;
	/** The child has answered a client's request. */
	served(): void;
	/** A request goes to another child, since its own has died. */
	retried(): void;
	/** A bound was reached. */
	limitReached(limit: keyof Bounds | keyof TimeLimits): void;
	/** A message had nobody to go to and was dropped. */
	dropped(kind: DropKind): void;
	/** The child says that one of its lists has changed: the notification's method. */
	changed(method: string): void;
	/** An answer was not as it should be, and was mended: what was wrong with it. */
	repaired(repair: Repair, what: string): void;
	/** The bridge failed on a message. */
	failed(error: unknown): void;
}
