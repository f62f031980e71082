import { existsSync, rmSync, writeFileSync } from "node:fs";
import { eventually } from "./processes.ts";
import { linesOf } from "./scratch.ts";
import { fixture, type ServerInput } from "./start-bridge.ts";

/** A server whose calls of `echo` are answered only once they are let go; its other tools are always. */
export class HeldServer {
	readonly entry: ServerInput;
	readonly #hold: string;
	readonly #calls: string;

	/**
	 * @param at a path that no other has, for its files
	 * @param more options of the entry
	 */
	constructor(at: string, more: Record<string, unknown> = {}) {
		this.#hold = `${at} hold`;
		this.#calls = `${at} calls`;
		this.entry = fixture("faulty", ["hold-on-call"], {
			...more,
			env: { HOLD_FILE: this.#hold, CALLS_FILE: this.#calls },
		});
	}

	/** From now on its calls of `echo` are held. */
	hold(): void {
		writeFileSync(this.#hold, "");
	}

	letGo(): void {
		if (existsSync(this.#hold)) rmSync(this.#hold);
	}

	/** The arguments of the calls of a tool that have come to it so far, as JSON. */
	calls(tool: string): string[] {
		return linesOf(this.#calls)
			.map((line) => line.split(" "))
			.filter(([, name]) => name === tool)
			.map(([, , ...args]) => args.join(" "));
	}

	/** Waits until it has got a call of `echo` with this message. */
	async got(message: string): Promise<void> {
		await eventually(
			() => this.calls("echo").includes(JSON.stringify({ message })),
			`the call "${message}" never came to the child`,
		);
	}
}
