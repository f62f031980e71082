import type { ServerConfig } from "../config/resolve-config.ts";
import { canBeAsked, mayAsk } from "../eras/input.ts";
import type { Lease } from "../eras/lease.ts";
import { SuspendedCalls } from "../eras/suspended-calls.ts";
import { modernError } from "../eras/to-modern.ts";
import { processClock } from "../multiplex/clock.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import { filteredRequest } from "../protocol/filtered-request.ts";
import type { Filters } from "../protocol/filters.ts";
import {
	type ErrorObject,
	errorOf,
	type Request,
} from "../protocol/messages.ts";
import type { ModernClient } from "../protocol/meta.ts";
import type { Receive } from "../protocol/peer.ts";
import type { Era } from "../protocol/revisions.ts";
import type { Seal } from "../seal/seal.ts";
import { type Placement, place } from "./isolation.ts";
import { Leases } from "./leases.ts";
import type { Pool } from "./pool.ts";
import { TaskHolders } from "./task-holders.ts";

/** What the requests of modern clients to one server depend on. */
export interface ModernRequestsOptions {
	/** The server's name, for errors. */
	server: string;
	/** For what clients are given to bring back. */
	seal: Seal;
	pool: Pool;
	/** The entry of the config as it is now. */
	config(): ServerConfig;
	/** What clients may see and use of the server, as it is now. */
	filters(): Filters | undefined;
	/** What the server's children speak; undefined where that is not known yet. */
	childEra(): Era | undefined;
	/** A message had nobody to go to. */
	dropped(kind: DropKind): void;
	/** A bound was reached: the option's name. */
	limitReached(limit: string): void;
}

/**
 * Requests of clients of revision 2026-07-28, each by itself: finds the child
 * for one, and has those during which the client may be asked something
 * suspended on a child that they have to themselves.
 */
export class ModernRequests {
	readonly #options: ModernRequestsOptions;
	readonly #leases: Leases;
	readonly #calls: SuspendedCalls;
	readonly #tasks: TaskHolders;

	constructor(options: ModernRequestsOptions) {
		const { server, seal, pool, config, dropped, limitReached } = options;
		this.#options = options;
		this.#leases = new Leases({ server, pool, config, limitReached });
		this.#tasks = new TaskHolders(pool);
		this.#calls = new SuspendedCalls({
			server,
			seal,
			takeLease: (client, ...call) =>
				this.#leases.take(this.#place(client), client, ...call),
			now: () => Date.now(),
			startTimer: (ms, then) => processClock.after(ms, then),
			inputTimeoutMs: () => config().inputTimeoutMs,
			requestTimeoutMs: () => config().requestTimeoutMs,
			maxSuspendedCalls: () => config().maxSuspendedCalls,
			dropped,
			limitReached,
		});
	}

	/** How many calls wait for their clients. */
	get suspended(): number {
		return this.#calls.size;
	}

	/** How many calls wait for a child of their own. */
	get waiting(): number {
		return this.#leases.waiting;
	}

	/** Ends every call that waits for its client. */
	end(): void {
		this.#calls.end();
	}

	/**
	 * Serves one request.
	 *
	 * @returns called when the client closes the response
	 */
	ask(client: ModernClient, request: Request, receive: Receive): () => void {
		const placement = this.#place(client);
		const isShared = placement.use === "shared" || placement.use === "modern";
		const needsInput =
			!isShared && mayAsk(request.method) && canBeAsked(client.capabilities);
		const era = this.#childEra;
		if (needsInput && era !== "modern") {
			const admitted = filteredRequest(request, receive, {
				era: "modern",
				filters: () => this.#options.filters(),
				dropped: (kind) => this.#options.dropped(kind),
			});
			if (!admitted) return () => {};
			return era === "legacy"
				? this.#calls.ask(admitted.request, client, admitted.receive)
				: this.#askWhenKnown(placement, client, request, admitted.receive);
		}
		const entry =
			this.#tasks.find(request) ?? this.#options.pool.find(placement);
		const peer = this.#options.pool.connect(entry, {
			era: "modern",
			client,
			takesQuestions: true,
			errorFor: (error) => modernError(error, undefined),
		});
		peer.ask(request, this.#tasks.noting(entry, receive));
		return () => peer.close();
	}

	/** How a client is asked something depends on what the child speaks, so the call gets one to see. */
	#askWhenKnown(
		placement: Placement,
		client: ModernClient,
		request: Request,
		receive: Receive,
	): () => void {
		const begin = (given: Lease | { error: ErrorObject }) => {
			if ("error" in given) {
				const error = modernError(given.error, undefined);
				receive(errorOf(request.id, error));
			} else if (this.#childEra === "modern") {
				given.release(false, []);
				close = this.ask(client, request, receive);
			} else {
				close = this.#calls.ask(request, client, receive, (...call) => {
					const [, , take] = call;
					take(given);
					return () => {};
				});
			}
		};
		let close = this.#leases.take(placement, client, request, begin, () => {});
		return () => close();
	}

	#place(client: ModernClient): Placement {
		const placed = { ...client, era: "modern" } as const;
		return place(this.#options.config(), placed, this.#childEra);
	}

	/** What the child of a modern client speaks; undefined where that is not known yet. */
	get #childEra(): Era | undefined {
		const { config, childEra } = this.#options;
		return config().protocol === "dual" ? "modern" : childEra();
	}
}
