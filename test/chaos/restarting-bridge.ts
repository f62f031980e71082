import { freePort } from "../harness/free-port.ts";
import {
	type Bridge,
	type BridgeInput,
	type StartOptions,
	startBridge,
} from "../harness/start-bridge.ts";
import type { RestartSignal } from "./plan-faults.ts";

/** When a bridge was ending, away or starting, by `performance.now()`. */
export interface Absence {
	signal: RestartSignal;
	from: number;
	/** Infinity until the next one listens. */
	to: number;
}

/** One address at which bridges follow each other, all with the same key for session ids. */
export class RestartingBridge {
	readonly url: string;
	readonly absences: Absence[] = [];
	/** All so far, the running one last. */
	readonly bridges: Bridge[];
	readonly #options: StartOptions;
	readonly #stops: Promise<unknown>[] = [];
	#input: BridgeInput;
	#up: Promise<void> = Promise.resolve();

	private constructor(
		first: Bridge,
		input: BridgeInput,
		options: StartOptions,
	) {
		this.url = first.url;
		this.bridges = [first];
		this.#input = input;
		this.#options = options;
	}

	static async start(
		input: BridgeInput,
		sessionKey: string,
	): Promise<RestartingBridge> {
		const options = {
			args: ["--port", String(await freePort())],
			env: { MCP_EDGE_BRIDGE_SESSION_KEY: sessionKey },
		};
		const first = await startBridge(input, options);
		return new RestartingBridge(first, input, options);
	}

	get current(): Bridge {
		return this.bridges.at(-1) as Bridge;
	}

	get isUp(): boolean {
		return this.absences.at(-1)?.to !== Number.POSITIVE_INFINITY;
	}

	/** Settles when a bridge listens that nobody has told to end. */
	up(): Promise<void> {
		return this.#up;
	}

	/** The last absence that was not over by then. */
	absenceSince(began: number): Absence | undefined {
		return this.absences.findLast(({ to }) => to >= began);
	}

	restart(signal: RestartSignal): Promise<void> {
		this.#up = this.#up.then(async () => {
			const from = performance.now();
			const absence = { signal, from, to: Number.POSITIVE_INFINITY };
			this.absences.push(absence);
			const gone = this.current;
			const stop = gone.stop(signal);
			// What goes wrong with it is told by `stop()`.
			stop.catch(() => {});
			this.#stops.push(stop);
			await gone.exited;
			const input = this.#input;
			const next = await startBridge(input, this.#options);
			this.bridges.push(next);
			absence.to = performance.now();
			// Edited while it started, with the config of before.
			if (this.#input !== input) next.editConfig(this.#input);
		});
		return this.#up;
	}

	/** Taken into force by the running bridge, where there is one, and else by the next. */
	editConfig(input: BridgeInput): void {
		this.#input = input;
		if (this.isUp) this.current.editConfig(input);
	}

	/** Ends the last one; throws where any has left children behind. */
	async stop(): Promise<void> {
		this.#stops.push(this.current.stop());
		await Promise.all(this.#stops);
	}
}
