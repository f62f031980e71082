import type { ServerConfig } from "../config/resolve-config.ts";
import type { ConnectionOptions } from "../multiplex/call.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import type { Peer } from "../protocol/peer.ts";
import type { Backend } from "./backend.ts";
import type { BackendRole } from "./backend-context.ts";
import { ExclusiveUse } from "./exclusive-use.ts";
import { type Placement, plain, plainModern } from "./isolation.ts";
import { PoolEntry } from "./pool-entry.ts";

/** What a pool works with. */
export interface PoolOptions {
	/** The entry of the config as it is now. */
	config(): ServerConfig;
	/** A backend for the clients of a placement. */
	open(placement: Placement, role: BackendRole): Backend;
	/** How many processes the server has. */
	processCount(): number;
	/** A bound was reached. */
	limitReached(limit: "maxCapabilitySets"): void;
	/** A message had nobody to go to. */
	dropped(kind: DropKind): void;
}

/** How long a child of some clients is kept that none of them uses, in ms. */
const keptIdleMs = 60_000;
/** The same where its state is the client's. */
const keptStateMs = 3_600_000;
/** A set of capabilities is kept, and shown in /status: one with a longer key, in bytes, gets no child. */
const maxKeyBytes = 4096;

/** The children of one server, by whose they are: see {@link Placement}. */
export class Pool {
	readonly #options: PoolOptions;
	readonly #entries = new Set<PoolEntry>();
	/** For clients that declare nothing, and for those that there is no other one for. */
	readonly plain: PoolEntry;
	/** For modern clients of a server that speaks both eras. */
	readonly plainModern: PoolEntry;
	#isStopped = false;

	constructor(options: PoolOptions) {
		this.#options = options;
		this.plain = this.add(plain);
		this.plainModern = this.add(plainModern);
	}

	/** All backends, those for everybody first. */
	get backends(): Backend[] {
		return [...this.#entries].map(({ backend }) => backend);
	}

	/** Those of clients that share them, the plain ones first. */
	get shared(): Backend[] {
		return this.of("shared").map(({ backend }) => backend);
	}

	/** Those of clients that declare the same, and something. */
	get sets(): PoolEntry[] {
		return this.of("shared").filter(({ placement }) => isSet(placement));
	}

	/** The entries of one use. */
	of(use: Placement["use"]): PoolEntry[] {
		return [...this.#entries].filter(({ placement }) => placement.use === use);
	}

	/** The entries with one key that are there to stay. */
	withKey(key: string): PoolEntry[] {
		return [...this.#entries].filter(
			({ placement, isLeaving }) =>
				!isLeaving && "key" in placement && placement.key === key,
		);
	}

	/** The peer for one more client on an entry, in the client's own era. */
	connect(entry: PoolEntry, options: ConnectionOptions): Peer {
		const leave = entry.use();
		return entry.backend.connect({
			...options,
			left: () => {
				leave();
				this.rest(entry);
			},
		});
	}

	/** The entry that a client of a placement is on, a new one where there is none. */
	find(placement: Placement): PoolEntry {
		switch (placement.use) {
			case "own":
				return this.add(placement);
			case "modern":
				return this.plainModern;
			case "client": {
				const entries = this.withKey(placement.key);
				const free = entries.find(({ isLeased }) => !isLeased);
				return free ?? entries[0] ?? this.add(placement);
			}
			case "shared": {
				if (placement.key === plain.key) return this.plain;
				const set = this.#findSet(placement);
				if (!set) this.#options.limitReached("maxCapabilitySets");
				return set ?? this.plain;
			}
		}
	}

	/** One more entry. */
	add(placement: Placement): PoolEntry {
		const backend = this.#options.open(
			placement,
			this.#roleOf(placement, () => entry.isUsed),
		);
		const entry: PoolEntry = new PoolEntry(placement, backend);
		this.#entries.add(entry);
		// The first on the child hears what it asks while no call has it.
		if (placement.use === "client") this.exclusive(entry);
		if (this.#isStopped) void backend.stop(0);
		return entry;
	}

	/** The use of an entry by one call at a time. */
	exclusive(entry: PoolEntry): ExclusiveUse {
		const { backend } = entry;
		entry.exclusive ??= new ExclusiveUse(backend, this.#options.dropped);
		return entry.exclusive;
	}

	/** Somebody has left an entry: where nobody is on it, it is kept for as long as its placement says. */
	rest(entry: PoolEntry): void {
		if (entry.isLeaving || this.#isStopped) return;
		entry.whenIdle(keptMs(entry.placement), () => this.#remove(entry));
	}

	/** Begins to end the process that nobody has been on for the longest; false where there is none. */
	endIdle(): boolean {
		const [oldest] = [...this.#entries]
			.filter((entry) => !entry.isUsed && !entry.isLeaving && canEnd(entry))
			.sort((one, other) => one.idleSince - other.idleSince);
		if (!oldest) return false;
		if (oldest.placement.use === "client") this.#remove(oldest);
		else void oldest.backend.restart(0);
		return true;
	}

	/** Ends every child for good, after what is in flight or the given time. */
	async stop(drainMs: number): Promise<void> {
		this.#isStopped = true;
		for (const entry of this.#entries) entry.stay();
		await Promise.all(this.backends.map((backend) => backend.stop(drainMs)));
	}

	/** It counts until its process is gone. */
	#remove(entry: PoolEntry): void {
		entry.stay();
		entry.isLeaving = true;
		void entry.backend.stop(0).finally(() => this.#entries.delete(entry));
	}

	/** The child of a set of capabilities, a new one where there may be one more; undefined also where it could not start. */
	#findSet(placement: Placement & { use: "shared" }): PoolEntry | undefined {
		const [known] = this.withKey(placement.key);
		if (known?.backend.hasProcess) return known;
		if (!this.#hasProcessLeft()) return undefined;
		if (known) return known;
		const isTooLong = Buffer.byteLength(placement.key) > maxKeyBytes;
		if (this.#isStopped || isTooLong || !this.#makeRoom()) return undefined;
		return this.add(placement);
	}

	/** Whether there may be one more, and the plain one can start all the same: it is everybody's last resort. */
	#hasProcessLeft(): boolean {
		const { config, processCount } = this.#options;
		const taken = processCount() + (this.plain.backend.hasProcess ? 0 : 1);
		return taken < config().maxChildren;
	}

	/** One that nobody is on and that has been stopped is kept for what its child has said, and gives way. */
	#makeRoom(): boolean {
		const { maxCapabilitySets } = this.#options.config();
		const sets = this.sets.filter(({ isLeaving }) => !isLeaving);
		if (sets.length < maxCapabilitySets) return true;
		const stopped = sets.find(
			(entry) => !entry.isUsed && !entry.backend.hasProcess,
		);
		if (!stopped) return false;
		this.#remove(stopped);
		return sets.length - 1 < maxCapabilitySets;
	}

	#roleOf(placement: Placement, isUsed: () => boolean): BackendRole {
		const { config } = this.#options;
		const isKept = () => config().warm > 0 && config().isolation !== "session";
		switch (placement.use) {
			case "modern":
				return {
					shared: true,
					remembers: true,
					keepUp: () => isKept() && config().protocol === "dual",
				};
			case "shared":
				return isSet(placement)
					? {
							shared: true,
							remembers: true,
							keepUp: () => false,
							idleTimeoutMs: () =>
								config().idleTimeoutMs || (isUsed() ? 0 : keptIdleMs),
						}
					: { shared: true, remembers: true, keepUp: isKept };
			case "client":
				// Some take up what their client answers them at the start by and by: nothing may be answered before.
				return { shared: false, remembers: false, keepUp: () => false };
			case "own":
				return { shared: false, remembers: true, keepUp: () => false };
		}
	}
}

/** How long an entry is kept that nobody is on, in ms. */
function keptMs(placement: Placement): number {
	switch (placement.use) {
		case "own":
			return 0;
		case "client":
			return placement.keepsState ? keptStateMs : keptIdleMs;
		default:
			return Number.POSITIVE_INFINITY;
	}
}

/** Whether it is for clients that declare the same. */
function isSet(placement: Placement): boolean {
	return placement.use === "shared" && placement.key !== plain.key;
}

/** Whether the process of an entry that nobody is on may be ended to make room. */
function canEnd({ placement, backend }: PoolEntry): boolean {
	return placement.use === "client"
		? backend.hasProcess
		: isSet(placement) && backend.isReady;
}
