import type { Logger } from "pino";
import type { ServerConfig } from "../config/resolve-config.ts";
import type { Client } from "../protocol/handshake.ts";
import type { Members } from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import type { Exit, Wire } from "../protocol/wire.ts";
import { Backend, type BackendContext } from "./backend.ts";
import { Counters } from "./counters.ts";
import { childEnvironment } from "./environment.ts";
import { openWire } from "./open-wire.ts";
import { Spares } from "./spares.ts";

/** Client capabilities by which a server may ask its client something. */
const askingCapabilities = ["sampling", "elicitation", "roots"];

/** One entry of `servers.ts` at work: isolation decides here which child a client gets. */
export class Server {
	readonly name: string;
	readonly #identity: Members;
	readonly #counters = new Counters();
	readonly #spares: Spares;
	readonly #context: BackendContext;
	readonly #shared: Backend;
	/** Children of clients that share them with nobody. */
	readonly #own = new Set<Backend>();
	#config: ServerConfig;
	#failure: Exit | undefined;
	#stopped = false;

	/**
	 * @param identity the bridge's own `clientInfo`, as which shared children are opened
	 */
	constructor(
		name: string,
		config: ServerConfig,
		identity: Members,
		log: Logger,
	) {
		this.name = name;
		this.#identity = identity;
		this.#config = config;
		this.#spares = new Spares(
			() => spareCount(this.#config),
			() => this.#openWire(),
		);
		this.#context = {
			name,
			config: () => this.#config,
			takeWire: () => this.#spares.take(),
			counters: this.#counters,
			log: log.child({ server: name }),
			changed: (failure) => {
				this.#failure = failure;
			},
		};
		this.#shared = new Backend(
			{ ...this.#context, takeWire: () => this.#openWire() },
			{ capabilities: {}, info: identity },
			true,
			() => this.#config.warm > 0 && this.#config.isolation !== "session",
		);
	}

	/** Each session costs a process. */
	get needsSession(): boolean {
		return this.#config.isolation === "session";
	}

	/** Starts what is to be warm. */
	start(): void {
		if (this.#config.warm > 0 && this.#config.isolation !== "session") {
			this.#shared.warm();
		}
		this.#spares.fill();
	}

	/** The peer for a client, on the child that its capabilities and the entry's isolation give it. */
	open(client: Client): Peer {
		if (!this.#wantsOwn(client)) return this.#shared.connect();
		const backend = new Backend(
			this.#context,
			{ info: this.#identity, ...client },
			false,
			() => false,
		);
		this.#own.add(backend);
		if (this.#stopped) void backend.stop(0);
		const peer = backend.connect();
		return {
			...peer,
			close: () => {
				peer.close();
				void backend.stop(0).finally(() => this.#own.delete(backend));
			},
		};
	}

	/** Takes a changed entry into force: its children end after what is in flight, sessions stay. */
	async reconfigure(config: ServerConfig, drainMs: number): Promise<void> {
		this.#config = config;
		await Promise.all([
			this.#spares.close(),
			...this.#backends().map((backend) => backend.restart(drainMs)),
		]);
		if (!this.#stopped) this.start();
	}

	/** Ends every child for good, after what is in flight or the given time. */
	async stop(drainMs: number): Promise<void> {
		this.#stopped = true;
		await Promise.all([
			this.#spares.close(),
			...this.#backends().map((backend) => backend.stop(drainMs)),
		]);
	}

	/** Why the last start, or the last child, failed, where no child is ready since. */
	get failure(): Exit | undefined {
		return this.#failure;
	}

	/** For status pages. */
	status() {
		const shared = this.#shared.status();
		return {
			name: this.name,
			state: this.#state(),
			isolation: this.#config.isolation,
			failure: this.#failure && {
				code: this.#failure.code,
				reason: this.#failure.reason,
				stderr: this.#failure.stderr,
			},
			...this.#counters.snapshot(),
			shared: this.#config.isolation === "session" ? undefined : shared,
			own: [...this.#own].map((backend) => backend.status()),
		};
	}

	#wantsOwn({ capabilities }: Client): boolean {
		const { isolation } = this.#config;
		if (isolation !== "auto") return isolation === "session";
		return askingCapabilities.some((name) => name in capabilities);
	}

	/** The shared child's; where nobody shares, ready as soon as one child is. */
	#state(): string {
		if (!this.needsSession) return this.#shared.status().state;
		const states = [...this.#own].map((backend) => backend.status().state);
		return states.find((state) => state === "ready") ?? states[0] ?? "idle";
	}

	#backends(): Backend[] {
		return [this.#shared, ...this.#own];
	}

	#openWire(): Wire {
		const { command, args, cwd, env, inheritEnv, maxLineBytes, stopTimeoutMs } =
			this.#config;
		this.#counters.spawn();
		return openWire({
			command,
			args,
			cwd,
			env: childEnvironment(process.env, inheritEnv, env),
			localDir: cwd,
			maxLineBytes,
			stopTimeoutMs,
		});
	}
}

/** How many spare processes an entry's `warm` means. */
function spareCount({ isolation, warm }: ServerConfig): number {
	if (isolation === "session") return warm;
	return isolation === "auto" ? Math.max(0, warm - 1) : 0;
}
