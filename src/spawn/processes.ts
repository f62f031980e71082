import type { ServerConfig } from "../config/resolve-config.ts";
import type { Exit, Wire } from "../protocol/wire.ts";
import type { Counters } from "./counters.ts";
import { childEnvironment } from "./environment.ts";
import { openWire } from "./open-wire.ts";
import { Spares } from "./spares.ts";
import type { StartGate } from "./start-gate.ts";

/** What the processes of one server depend on. */
export interface ProcessesOptions {
	name: string;
	/** The entry as it is now. */
	config(): ServerConfig;
	/** How many are in use now, spares not counted. */
	inUse(): number;
	/** Ends one that nobody needs at the moment; false where there is none. */
	endIdle(): boolean;
	counters: Counters;
	gate: StartGate;
}

/** How long a spare keeps its turn to start: nothing tells that it has loaded, since it is not spoken to. */
const spareTurnMs = 500;

/** The processes of one server: starts them as its entry says, some ahead, and no more than there may be. */
export class Processes {
	readonly #options: ProcessesOptions;
	readonly #spares: Spares;

	constructor(options: ProcessesOptions) {
		this.#options = options;
		this.#spares = new Spares(
			() => spareCount(options.config()),
			() => this.#open(),
			(begin) =>
				this.enter((leave) => {
					begin();
					setTimeout(leave, spareTurnMs);
				}),
		);
	}

	/** Waits for the turn to start one; see {@link StartGate}. */
	enter(begin: (leave: () => void) => void): () => void {
		return this.#options.gate.enter(this.#options.name, begin);
	}

	/** A new one, or why there must not be one more. */
	take(): Wire | Exit {
		return this.#refusal() ?? this.#open();
	}

	/** One that was started ahead where there is one, else a new one, or why there must not be one more. */
	takeSpare(): Wire | Exit {
		return this.#refusal() ?? this.#spares.take();
	}

	/** Starts as many spares as are missing. */
	fill(): void {
		this.#spares.fill();
	}

	/** Ends the spares; who has another one ends that. */
	close(): Promise<void> {
		return this.#spares.close();
	}

	#refusal(): Exit | undefined {
		const { config, inUse, endIdle, counters } = this.#options;
		const count = inUse();
		if (count < config().maxChildren || endIdle()) return undefined;
		counters.limit("maxChildren");
		const reason = `has ${count} processes already, as many as it may (try again later, or raise "maxChildren")`;
		return { code: "TOO_MANY_CHILDREN", reason, stderr: [] };
	}

	#open(): Wire {
		const { inheritEnv, env, ...config } = this.#options.config();
		this.#options.counters.spawn();
		return openWire({
			...config,
			env: childEnvironment(process.env, inheritEnv, env),
			localDir: config.cwd,
		});
	}
}

/** How many spare processes an entry's `warm` means. */
function spareCount({ isolation, warm }: ServerConfig): number {
	if (isolation === "session") return warm;
	return isolation === "auto" ? Math.max(0, warm - 1) : 0;
}
