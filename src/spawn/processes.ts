import type { Logger } from "pino";
import type { ServerConfig } from "../config/resolve-config.ts";
import type { Exit, Wire } from "../protocol/wire.ts";
import { afterKill } from "./after-kill.ts";
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
	/** How many are in use now: neither spares nor those that are being ended. */
	inUse(): number;
	/** Begins to end one that nobody needs at the moment; false where there is none. */
	endIdle(): boolean;
	counters: Counters;
	gate: StartGate;
	log: Logger;
}

/** How long a spare keeps its turn to start: nothing tells that it has loaded, since it is not spoken to. */
const spareTurnMs = 500;

/** The processes of one server: starts them as its entry says, some ahead, and no more than there may be. */
export class Processes {
	readonly #options: ProcessesOptions;
	readonly #spares: Spares;
	/** Those that were taken and are not gone yet. */
	readonly #taken = new Set<Wire>();
	/** Who waits for one of them to be gone. */
	#whenGone: (() => void)[] = [];

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

	/** A new one, or why there must not be one more, or a promise that settles when there may be. */
	take(): Wire | Exit | Promise<void> {
		return this.#take(() => this.#open());
	}

	/** One that was started ahead where there is one, else as {@link take}. */
	takeSpare(): Wire | Exit | Promise<void> {
		return this.#take(() => this.#spares.take());
	}

	/** How many are there, those that are being ended included, spares not. */
	get count(): number {
		return this.#taken.size;
	}

	/** The process ids of the spares. */
	get sparePids(): number[] {
		return this.#spares.pids;
	}

	/** Starts as many spares as are missing. */
	fill(): void {
		this.#spares.fill();
	}

	/** Ends the spares; who has another one ends that. */
	close(): Promise<void> {
		return this.#spares.close();
	}

	#take(take: () => Wire): Wire | Exit | Promise<void> {
		const { config, inUse, endIdle, counters } = this.#options;
		const { maxChildren } = config();
		if (this.#taken.size < maxChildren) {
			const wire = take();
			this.#taken.add(wire);
			void wire.closed.then(() => this.#gone(wire));
			return wire;
		}
		// What is being ended still is a process, but not for long.
		const count = inUse();
		if (count < maxChildren || endIdle()) {
			return new Promise((resolve) => this.#whenGone.push(resolve));
		}
		counters.limit("maxChildren");
		const reason = `has ${count} processes already, as many as it may (try again later, or raise "maxChildren")`;
		return { code: "TOO_MANY_CHILDREN", reason, stderr: [] };
	}

	#gone(wire: Wire): void {
		this.#taken.delete(wire);
		if (wire.stopped) this.#options.counters.stop(wire.stopped);
		for (const resolve of this.#whenGone.splice(0)) resolve();
	}

	#open(): Wire {
		const { inheritEnv, env, ...config } = this.#options.config();
		this.#options.counters.spawn();
		const command = {
			...config,
			env: childEnvironment(process.env, inheritEnv, env),
			localDir: config.cwd,
		};
		return openWire(command, (pid) =>
			afterKill(command, pid, this.#options.log),
		);
	}
}

/** How many spare processes an entry's `warm` means. */
function spareCount({ isolation, warm }: ServerConfig): number {
	if (isolation === "session") return warm;
	return isolation === "auto" ? Math.max(0, warm - 1) : 0;
}
