import type { ServerConfig } from "../config/resolve-config.ts";
import type { Lease } from "../eras/lease.ts";
import type { Bounds } from "../multiplex/queue.ts";
import { queueFull } from "../protocol/bridge-errors.ts";
import { messageBytes } from "../protocol/message-bytes.ts";
import type { ErrorObject, Request } from "../protocol/messages.ts";
import { anonymous, type ModernClient } from "../protocol/meta.ts";
import type { Placement } from "./isolation.ts";
import type { Pool } from "./pool.ts";
import type { PoolEntry } from "./pool-entry.ts";

/** What leases depend on. */
export interface LeasesOptions {
	/** The server's name, for errors. */
	server: string;
	pool: Pool;
	/** The entry of the config as it is now. */
	config(): ServerConfig;
	/** A bound was reached. */
	limitReached(limit: keyof Bounds): void;
}

/** A call that waits for a child. */
interface Waiting {
	placement: Placement;
	client: ModernClient;
	bytes: number;
	isGivenUp: boolean;
	take(given: Lease | { error: ErrorObject }): void;
	/** A child has been found that has to start yet. */
	found(): void;
}

/**
 * Gives calls of modern clients that may be asked something a child each, and
 * has them wait in order, within the bounds of the queue, while there is none.
 */
export class Leases {
	readonly #options: LeasesOptions;
	/** In line for a child. */
	readonly #waiting = new Set<Waiting>();
	/** Those whose child is starting. */
	readonly #starting = new Set<Waiting>();
	readonly #leases = new Map<PoolEntry, { isSuspended: boolean }>();

	constructor(options: LeasesOptions) {
		this.#options = options;
	}

	/** How many calls wait. */
	get waiting(): number {
		return this.#waiting.size + this.#starting.size;
	}

	/**
	 * Gives a call a child of a placement for itself, when there is one that is
	 * ready: see {@link TakeLease}.
	 *
	 * @param take called once with it, or with why there is none
	 * @param found called where a child has been found that has to start yet
	 * @returns gives up waiting
	 */
	take(
		placement: Placement,
		client: ModernClient,
		request: Request,
		take: Waiting["take"],
		found: () => void,
	): () => void {
		const { server, config, limitReached } = this.#options;
		const bytes = messageBytes(request);
		const waiting: Waiting = {
			placement,
			client,
			bytes,
			isGivenUp: false,
			take,
			found,
		};
		const full = this.#fullFor(bytes, config());
		// One that gets its child at once waits for nobody.
		if (this.#serve(waiting)) return () => this.#giveUp(waiting);
		if (full) {
			limitReached(full);
			take({ error: queueFull(server, full) });
			return () => {};
		}
		this.#waiting.add(waiting);
		return () => this.#giveUp(waiting);
	}

	#giveUp(waiting: Waiting): void {
		waiting.isGivenUp = true;
		this.#waiting.delete(waiting);
	}

	#fullFor(
		bytes: number,
		{ maxQueue, maxQueueBytes }: Bounds,
	): keyof Bounds | undefined {
		const all = [...this.#waiting, ...this.#starting];
		if (all.length >= maxQueue) return "maxQueue";
		const taken = all.reduce((sum, each) => sum + each.bytes, 0);
		return taken + bytes > maxQueueBytes ? "maxQueueBytes" : undefined;
	}

	#serveAll(): void {
		for (const waiting of [...this.#waiting]) {
			if (this.#serve(waiting)) this.#waiting.delete(waiting);
		}
	}

	/** Gets a call its child, if there may be one for it now. */
	#serve(waiting: Waiting): boolean {
		const entry = this.#free(waiting.placement);
		if (!entry) return false;
		this.#options.pool.exclusive(entry);
		entry.isLeased = true;
		entry.stay();
		this.#leases.set(entry, { isSuspended: false });
		this.#starting.add(waiting);
		if (!entry.backend.isReady) waiting.found();
		entry.backend.whenReady((error) => {
			this.#starting.delete(waiting);
			if (error || waiting.isGivenUp) this.#giveBack(entry);
			if (waiting.isGivenUp) return;
			waiting.take(error ? { error } : this.#lease(entry, waiting.client));
		});
		return true;
	}

	/** An entry for one more call, if there may be one. */
	#free(placement: Placement): PoolEntry | undefined {
		const { pool, config } = this.#options;
		if (placement.use === "client") {
			const entries = pool.withKey(placement.key);
			const free = entries.find(({ isLeased }) => !isLeased);
			if (free) return free;
			// Its state is in the one that it has.
			if (placement.keepsState && entries.length > 0) return undefined;
		}
		const atWork = [...this.#leases.values()].filter(
			({ isSuspended }) => !isSuspended,
		);
		return atWork.length < config().maxAskingCalls
			? pool.add(placement)
			: undefined;
	}

	#lease(entry: PoolEntry, { principal }: ModernClient): Lease {
		const exclusive = this.#options.pool.exclusive(entry);
		const lease = { isSuspended: false };
		this.#leases.set(entry, lease);
		const serveAll = () => this.#serveAll();
		const giveBack = () => this.#giveBack(entry);
		const { placement, backend } = entry;
		const keepsState = placement.use === "client" && placement.keepsState;
		return {
			peer: exclusive.peer,
			serverInfo: backend.opening?.result.serverInfo,
			...exclusive.begin(),
			get suspended() {
				return lease.isSuspended;
			},
			set suspended(isSuspended) {
				lease.isSuspended = isSuspended;
				serveAll();
			},
			release(used, open) {
				exclusive.giveBack(open);
				// What one client has told it, another who is called the same must not meet.
				if (used && principal === anonymous && !keepsState) exclusive.renew();
				giveBack();
			},
		};
	}

	#giveBack(entry: PoolEntry): void {
		entry.isLeased = false;
		this.#leases.delete(entry);
		this.#options.pool.rest(entry);
		this.#serveAll();
	}
}
