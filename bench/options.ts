import { Command, InvalidArgumentError } from "commander";
import { full, quick, type Sizes } from "./sizes.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets.ts";

export interface Options {
	readonly json: boolean;
	readonly sizes: Sizes;
	readonly targets: readonly Target[];
}

export function options(argv: readonly string[]): Options {
	const chosen = new Command("bench")
		.description("Measures the bridge, a bare relay and the peers in one run")
		.option("--json", "print the results as JSON", false)
		.option("--quick", "smaller counts, for a first look", false)
		.option(
			"--only <targets>",
			`of ${names().join(", ")}, separated by commas`,
			parseTargets,
			targets,
		)
		.allowExcessArguments(false)
		.parse(argv)
		.opts<{ json: boolean; quick: boolean; only: readonly Target[] }>();
	return {
		json: chosen.json,
		sizes: chosen.quick ? quick : full,
		targets: chosen.only,
	};
}

function parseTargets(value: string): readonly Target[] {
	const wanted = value.split(",");
	for (const name of wanted)
		if (!names().includes(name))
			throw new InvalidArgumentError(
				`There is no target "${name}", only ${names().join(", ")}.`,
			);
	return targets.filter(({ name }) => wanted.includes(name));
}

function names(): string[] {
	return targets.map(({ name }) => name);
}
