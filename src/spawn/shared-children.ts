import { oneWayCapabilities } from "../protocol/eras/input.ts";
import { stableJson } from "../protocol/eras/stable-json.ts";
import type { Members } from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import type { LinkOptions } from "../protocol/recipients.ts";
import { Backend, type BackendContext, type Up } from "./backend.ts";

/** What the shared children of a server work with. */
export interface SharedChildrenOptions {
	context: BackendContext;
	/** A process for the plain child: spares are for the others. */
	takePlain: BackendContext["takeWire"];
	/** The bridge's own `clientInfo`, as which they are opened. */
	identity: Members;
	/** Whether the plain one runs without being asked for. */
	keepUp(): boolean;
	/** How many processes the server has. */
	processCount(): number;
	/** How long another one is kept that nobody uses, in ms, where the entry has no `idleTimeoutMs`. */
	idleMs: number;
}

interface Shared {
	capabilities: Members;
	backend: Backend;
	/** Sessions and requests on it. */
	users: number;
}

/** A set is kept, and shown in /status: one that is longer, in bytes of JSON, gets no child. */
const longestSet = 4096;

/**
 * The children that clients share which the server has nothing to ask. A server
 * that sees an extension declared, such as `io.modelcontextprotocol/ui`, answers
 * otherwise than one that does not; so clients share a child with those that
 * declare the same.
 */
export class SharedChildren {
	/** For clients that declare nothing, and for those that there is no other one for. */
	readonly plain: Backend;
	readonly #options: SharedChildrenOptions;
	/** By canonical JSON of the capabilities. */
	readonly #sets = new Map<string, Shared>();
	#stopped = false;

	constructor(options: SharedChildrenOptions) {
		this.#options = options;
		const { context, takePlain, identity, keepUp } = options;
		const client = { capabilities: {}, info: identity };
		this.plain = new Backend({ ...context, takeWire: takePlain }, client, {
			shared: true,
			remembers: true,
			keepUp,
		});
	}

	/** All that there are. */
	get backends(): Backend[] {
		const ofSets = [...this.#sets.values()].map(({ backend }) => backend);
		return [this.plain, ...ofSets];
	}

	/** The peer for one more client of the child's own era. */
	connect(capabilities: Members, options: LinkOptions = {}): Peer {
		const { backend, leave } = this.#use(capabilities);
		const peer = backend.connect(options);
		return {
			...peer,
			close: () => {
				leave();
				peer.close();
			},
		};
	}

	/** Has the child started that a client's requests would go to, and tells what it speaks. Calls back once. */
	whenUp(capabilities: Members, use: (up: Up) => void): void {
		const { backend, leave } = this.#use(capabilities);
		backend.whenUp((up) => {
			use(up);
			leave();
		});
	}

	/** Begins to end a child that nobody is on; false where there is none. */
	endIdle(): boolean {
		const idle = [...this.#sets.values()].find(
			({ users, backend }) => users === 0 && backend.isReady,
		);
		void idle?.backend.restart(0);
		return idle !== undefined;
	}

	/** Opens no more; ending those that there are is the owner's. */
	stop(): void {
		this.#stopped = true;
	}

	/** Of those that are not plain, for status pages. */
	status() {
		return [...this.#sets.values()].map(({ capabilities, backend }) => ({
			capabilities,
			...backend.status(),
		}));
	}

	/** The child for one more user, who is to say when it leaves. */
	#use(capabilities: Members): { backend: Backend; leave: () => void } {
		const { config, counters } = this.#options.context;
		const declared = oneWayCapabilities(capabilities);
		const isPlain =
			config().isolation === "shared" || Object.keys(declared).length === 0;
		const shared = isPlain ? undefined : this.#find(declared);
		if (!shared) {
			if (!isPlain) counters.limit("maxCapabilitySets");
			return { backend: this.plain, leave: () => {} };
		}
		shared.users++;
		let isUsing = true;
		const leave = () => {
			if (isUsing) shared.users--;
			isUsing = false;
		};
		return { backend: shared.backend, leave };
	}

	/** The one of these capabilities, a new one where there may be one more; undefined also where it could not start. */
	#find(capabilities: Members): Shared | undefined {
		const key = stableJson(capabilities);
		const known = this.#sets.get(key);
		if (known?.backend.hasProcess) return known;
		if (!this.#hasProcessLeft()) return undefined;
		if (known) return known;
		if (this.#stopped || Buffer.byteLength(key) > longestSet) return undefined;
		if (!this.#makeRoom()) return undefined;
		const shared: Shared = {
			capabilities,
			backend: this.#open(capabilities, () => shared.users > 0),
			users: 0,
		};
		this.#sets.set(key, shared);
		return shared;
	}

	#open(capabilities: Members, isUsed: () => boolean): Backend {
		const { context, identity, idleMs } = this.#options;
		const client = { capabilities, info: identity };
		return new Backend(context, client, {
			shared: true,
			remembers: true,
			keepUp: () => false,
			idleTimeoutMs: () =>
				context.config().idleTimeoutMs || (isUsed() ? 0 : idleMs),
		});
	}

	/** Whether there may be one more, and the plain one can start all the same: it is everybody's last resort. */
	#hasProcessLeft(): boolean {
		const { context, processCount } = this.#options;
		const taken = processCount() + (this.plain.hasProcess ? 0 : 1);
		return taken < context.config().maxChildren;
	}

	/** One that nobody is on and that has been stopped is kept for what its child has said, and gives way. */
	#makeRoom(): boolean {
		const max = this.#options.context.config().maxCapabilitySets;
		if (this.#sets.size < max) return true;
		for (const [key, { users, backend }] of this.#sets) {
			if (users > 0 || backend.hasProcess) continue;
			this.#sets.delete(key);
			void backend.stop(0);
			return this.#sets.size < max;
		}
		return false;
	}
}
