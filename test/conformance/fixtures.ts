import path from "node:path";
import { root } from "../harness/runtimes.ts";
import type { ServerInput } from "../harness/start-bridge.ts";

function server(name: string, options: object = {}): ServerInput {
	return {
		command: process.execPath,
		args: [path.join(root, `test/fixtures/conformance/${name}.mjs`)],
		...options,
	};
}

/** The servers behind the bridge, by the eras that they speak; for `dual`, every client is to get its own era. */
export const fixtures = {
	// The suite's shortest window, 600 ms, has the start of a client's own child in it: the program is loaded ahead.
	legacy: server("legacy", { warm: 4 }),
	dual: server("dual", { protocol: "dual" }),
	modern: server("modern"),
};

export type Fixture = keyof typeof fixtures;
export const fixtureNames = Object.keys(fixtures) as Fixture[];
