import yoctoSpinner from "yocto-spinner";
import type { ServerConfig } from "../config/resolve-config.ts";
import { tell } from "./print.ts";
import { slowStartReason } from "./slow-start-reason.ts";

/** A start that takes longer than this is told of, in ms. */
const slowMs = 5000;

/** What a command is doing, on stderr: a line that changes on a terminal, else a line for each step. */
export class Progress {
	// Signals end the children first.
	readonly #spinner = yoctoSpinner({ handleSignals: false });

	constructor() {
		// However the program ends, its terminal has a cursor again.
		process.once("exit", () => this.stop());
	}

	show(text: string): void {
		if (!process.stderr.isTTY) tell(`${text}\n`);
		else if (this.#spinner.isSpinning) this.#spinner.text = text;
		else this.#spinner.start(text);
	}

	/** Shows how long a start takes, from a time on at which one wonders, until the returned function is called. */
	showStart(name: string, entry: ServerConfig | undefined): () => void {
		const startedAt = performance.now();
		const reason = entry && slowStartReason(entry);
		const hint = reason === undefined ? "" : ` (${reason})`;
		const timer = setInterval(() => {
			const seconds = Math.round((performance.now() - startedAt) / 1000);
			this.show(`${name}: still starting after ${seconds} s${hint}`);
		}, slowMs);
		return () => clearInterval(timer);
	}

	stop(): void {
		this.#spinner.stop();
	}
}
