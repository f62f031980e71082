import { parseArgs } from "node:util";
import type { RuntimeName } from "../harness/runtimes.ts";

/** The runtimes that vitest.config.ts has conformance projects for. */
export const conformanceRuntimes: readonly RuntimeName[] = [
	"node",
	"bun",
	"deno",
];

export interface Options {
	/** How often, at least once. */
	runs: number;
	runtimes: readonly string[];
}

export function options(args: readonly string[]): Options {
	const { values } = parseArgs({
		args: [...args],
		options: {
			runs: { type: "string", default: "1" },
			runtime: {
				type: "string",
				multiple: true,
				default: conformanceRuntimes.map(String),
			},
		},
	});
	const runs = Number(values.runs);
	if (!Number.isInteger(runs) || runs < 1)
		throw new Error(
			`Cannot run the conformance suite "${values.runs}" times: --runs is a whole number from 1 on`,
		);
	for (const name of values.runtime)
		if (!conformanceRuntimes.some((each) => each === name))
			throw new Error(
				`Cannot run the conformance suite on "${name}": --runtime is one of ${conformanceRuntimes.join(", ")}`,
			);
	return { runs, runtimes: values.runtime };
}
