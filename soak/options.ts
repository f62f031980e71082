import { Command, InvalidArgumentError, Option } from "commander";
import { type RuntimeName, runtimeNames } from "../test/harness/runtimes.ts";

export interface Options {
	readonly sessions: number;
	/** Sessions at one time. */
	readonly concurrency: number;
	/** Sessions a second. */
	readonly rate: number;
	readonly runtime: RuntimeName;
	/** Whether docs/soak.md and docs/soak.svg are written. */
	readonly write: boolean;
}

const fullSessions = 100_000;

export function options(argv: readonly string[]): Options {
	const chosen = new Command("soak")
		.description("Drives sessions through the bridge and watches what stays")
		.option("--sessions <count>", "how many", count, fullSessions)
		.option("--concurrency <count>", "how many at most at one time", count, 24)
		.option("--rate <count>", "how many at most in a second", count, 150)
		.addOption(
			new Option("--runtime <name>", "what runs the bridge")
				.choices(runtimeNames)
				.default("node"),
		)
		.option(
			"--write",
			`write docs/soak.md and docs/soak.svg, as ${fullSessions} sessions on node do without it`,
			false,
		)
		.allowExcessArguments(false)
		.parse(argv)
		.opts<Options>();
	const { sessions, runtime, write } = chosen;
	const isFull = sessions >= fullSessions && runtime === "node";
	return { ...chosen, write: write || isFull };
}

function count(value: string): number {
	const number = Number(value);
	if (!Number.isInteger(number) || number < 1)
		throw new InvalidArgumentError("It has to be an integer of at least 1.");
	return number;
}
