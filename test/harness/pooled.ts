import type { ServerConfig } from "../../src/config/resolve-config.ts";
import type { Lease } from "../../src/eras/lease.ts";
import type { ConnectionOptions } from "../../src/multiplex/call.ts";
import type { ErrorObject, Members } from "../../src/protocol/messages.ts";
import { anonymous } from "../../src/protocol/meta.ts";
import type { Peer } from "../../src/protocol/peer.ts";
import type { Backend } from "../../src/spawn/backend.ts";
import type { BackendRole } from "../../src/spawn/backend-context.ts";
import { type Placement, place } from "../../src/spawn/isolation.ts";
import { Leases } from "../../src/spawn/leases.ts";
import { Pool } from "../../src/spawn/pool.ts";
import { ScriptedPeer } from "./scripted-peer.ts";

/** A backend whose process the test plays. */
export class FakeBackend {
	readonly placement: Placement;
	readonly role: BackendRole;
	readonly peers: ScriptedPeer[] = [];
	/** What was done to its process, with the time it was given. */
	readonly done: string[] = [];
	readonly opening = { era: "legacy", result: { serverInfo: { name: "s" } } };
	hasProcess = false;
	isReady = false;
	starts = 0;
	#whenReady: ((error?: ErrorObject) => void)[] = [];
	#gone: () => void = () => {};

	constructor(placement: Placement, role: BackendRole) {
		this.placement = placement;
		this.role = role;
	}

	connect({ left = () => {} }: ConnectionOptions): Peer {
		const peer = new ScriptedPeer();
		this.peers.push(peer);
		peer.close = () => {
			peer.closed = true;
			left();
		};
		return peer;
	}

	whenReady(use: (error?: ErrorObject) => void): void {
		if (this.isReady) use();
		else {
			this.hasProcess = true;
			this.#whenReady.push(use);
		}
	}

	warm(): void {
		this.done.push("warm");
	}

	async restart(drainMs: number): Promise<void> {
		this.done.push(`restart ${drainMs}`);
	}

	stop(drainMs: number): Promise<void> {
		this.done.push(`stop ${drainMs}`);
		return new Promise((resolve) => {
			this.#gone = resolve;
		});
	}

	/** Its process is ready. */
	ready(): void {
		this.hasProcess = true;
		this.isReady = true;
		this.starts++;
		for (const use of this.#whenReady.splice(0)) use();
	}

	/** None could be started. */
	refuse(error: ErrorObject): void {
		this.hasProcess = false;
		for (const use of this.#whenReady.splice(0)) use(error);
	}

	/** Its process has gone. */
	exit(): void {
		this.hasProcess = false;
		this.isReady = false;
		this.#gone();
	}
}

/** A call that waits for a lease, or has one. */
export interface LeasedCall {
	lease?: Lease;
	error?: ErrorObject;
	giveUp(): void;
}

/** The lease that a call has. */
export function held(call: LeasedCall | undefined): Lease {
	if (!call?.lease) throw new Error("The call has no lease");
	return call.lease;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const defaults = {
	isolation: "auto",
	protocol: "auto",
	warm: 0,
	idleTimeoutMs: 0,
	maxChildren: 100,
	maxCapabilitySets: 100,
	maxAskingCalls: 100,
	maxQueue: 100,
	maxQueueBytes: 100_000,
};

/** The pool of one server, and its leases. */
export function pooled(given: Partial<ServerConfig> = {}) {
	const config = { ...defaults, ...given } as Mutable<ServerConfig>;
	const backends: FakeBackend[] = [];
	const limits: string[] = [];
	const dropped: string[] = [];
	const limitReached = (limit: string) => limits.push(limit);
	const pool = new Pool({
		config: () => config,
		open(placement, role) {
			const backend = new FakeBackend(placement, role);
			backends.push(backend);
			return backend as unknown as Backend;
		},
		processCount: () => backends.filter(({ hasProcess }) => hasProcess).length,
		limitReached,
		dropped: (kind) => dropped.push(kind),
	});
	const leases = new Leases({
		...{ server: "fake", pool, limitReached },
		config: () => config,
	});
	const placed = (capabilities: Members, principal: string, era = "modern") =>
		place(
			config,
			{ era: era === "modern" ? "modern" : "legacy", capabilities, principal },
			"legacy",
		);
	return {
		config,
		pool,
		leases,
		limits,
		dropped,
		placed,
		/** Those that are of no use yet are left out: the two plain ones. */
		backends: () => backends.slice(2),
		/** The entry of one more session or request. */
		connect(capabilities: Members, principal = anonymous, era = "modern") {
			const entry = pool.find(placed(capabilities, principal, era));
			const peer = pool.connect(entry, { era: "legacy" });
			return { entry, peer, backend: entry.backend as unknown as FakeBackend };
		},
		/** A call of a modern client that may be asked something. */
		take(principal: string = anonymous, params: Members = {}): LeasedCall {
			const capabilities = { elicitation: {} };
			const client = { capabilities, principal };
			const call: LeasedCall = { giveUp: () => {} };
			const request = { jsonrpc: "2.0" as const, id: 1, method: "m", params };
			call.giveUp = leases.take(
				placed(capabilities, principal),
				client,
				request,
				(lease) => {
					if ("error" in lease) call.error = lease.error;
					else call.lease = lease;
				},
				() => {},
			);
			return call;
		},
	};
}
