import yoctoSpinner from "yocto-spinner";
import type { ServerConfig } from "../config/resolve-config.ts";

/** A start that takes longer than this is told of, in ms. */
const slowMs = 5000;

/** What a command is doing, on stderr: a line that changes on a terminal, else a line for each step. */
export class Progress {
	// Signals end the children first.
	readonly #spinner = yoctoSpinner({ handleSignals: false });

	show(text: string): void {
		if (!process.stderr.isTTY) process.stderr.write(`${text}\n`);
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

/** Programs that fetch what they start: by which of their commands, where not by all. */
const fetching: Readonly<Record<string, readonly string[]>> = {
	npx: [],
	bunx: [],
	uvx: [],
	npm: ["exec", "x"],
	pnpm: ["dlx"],
	yarn: ["dlx"],
	bun: ["x"],
	deno: ["run"],
	uv: ["run", "tool"],
	pipx: ["run"],
	docker: ["run"],
	podman: ["run"],
	nerdctl: ["run"],
};

/** Why a start of this command may take long the first time. */
export function slowStartReason({
	command,
	args,
}: Pick<ServerConfig, "command" | "args">): string | undefined {
	const program = command.split("/").at(-1) ?? "";
	const verbs = Object.hasOwn(fetching, program)
		? fetching[program]
		: undefined;
	const [verb = ""] = args;
	if (!verbs || (verbs.length > 0 && !verbs.includes(verb))) return undefined;
	return ["docker", "podman", "nerdctl"].includes(program)
		? `${program} pulls an image at its first start`
		: `${program} downloads a package at its first start`;
}
