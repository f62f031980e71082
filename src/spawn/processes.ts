import type { Logger } from "pino";
import type { ServerConfig } from "../config/resolve-config.ts";
import type { Wire } from "../protocol/wire.ts";
import type { Counters } from "./counters.ts";
import type { Launch, LaunchOutcome } from "./launch.ts";
import { afterKill } from "./process/after-kill.ts";
import { childEnvironment } from "./process/environment.ts";
import { openWire } from "./process/open-wire.ts";
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
	readonly #openWire: typeof openWire;
	readonly #spares: Spares;
	/** Those that were launched and are not gone yet. */
	readonly #launched = new Set<Wire>();
	/** Who waits for one of them to be gone. */
	#whenGone: (() => void)[] = [];

	/** @param open starts one */
	constructor(options: ProcessesOptions, open = openWire) {
		this.#options = options;
		this.#openWire = open;
		this.#spares = new Spares(
			() => spareCount(options.config()),
			() => this.#open(),
			(begin) =>
				this.#enter((leave) => {
					begin();
					setTimeout(leave, spareTurnMs);
				}),
		);
	}

	/** A new one. */
	readonly launch: Launch = (settle) =>
		this.#launch(() => this.#open(), settle);

	/** One that was started ahead where there is one, else a new one. */
	readonly launchSpare: Launch = (settle) =>
		this.#launch(() => this.#spares.take(), settle);

	/** How many are there, those that are being ended included, spares not. */
	get count(): number {
		return this.#launched.size;
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

	/** Waits for its turn, and where one is being ended for that one's place. */
	#launch(
		take: () => Wire,
		settle: (outcome: LaunchOutcome) => void,
	): () => void {
		const { config, inUse, endIdle, counters } = this.#options;
		let isCancelled = false;
		let giveUpTurn = () => {};
		const enter = () => {
			if (!isCancelled) giveUpTurn = this.#enter(begin);
		};
		const begin = (leave: () => void) => {
			const { maxChildren } = config();
			if (this.#launched.size < maxChildren) {
				const wire = take();
				this.#launched.add(wire);
				void wire.closed.then(() => this.#gone(wire));
				settle({ type: "launched", wire, leave });
				return;
			}
			leave();
			// What is being ended still is a process, but not for long.
			const count = inUse();
			if (count < maxChildren || endIdle()) {
				this.#whenGone.push(enter);
				return;
			}
			counters.limit("maxChildren");
			const reason = `has ${count} processes already, as many as it may (try again later, or raise "maxChildren")`;
			const code = "TOO_MANY_CHILDREN";
			settle({ type: "denied", exit: { code, reason, stderr: [] } });
		};
		enter();
		return () => {
			isCancelled = true;
			giveUpTurn();
		};
	}

	/** Waits for the turn to start one; see {@link StartGate}. */
	#enter(begin: (leave: () => void) => void): () => void {
		return this.#options.gate.enter(this.#options.name, begin);
	}

	#gone(wire: Wire): void {
		this.#launched.delete(wire);
		if (wire.stopped) this.#options.counters.stop(wire.stopped);
		// Its supervisor hears of it first.
		for (const enter of this.#whenGone.splice(0)) queueMicrotask(enter);
	}

	#open(): Wire {
		const { inheritEnv, env, ...config } = this.#options.config();
		this.#options.counters.spawn();
		const command = {
			...config,
			env: childEnvironment(process.env, inheritEnv, env),
			localDir: config.cwd,
		};
		return this.#openWire(command, (pid) =>
			afterKill(command, pid, this.#options.log),
		);
	}
}

/** How many spare processes an entry's `warm` means. */
function spareCount({ isolation, warm }: ServerConfig): number {
	if (isolation === "session") return warm;
	return isolation === "auto" ? Math.max(0, warm - 1) : 0;
}
