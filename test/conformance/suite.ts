import { existsSync } from "node:fs";
import path from "node:path";
import { root } from "../harness/runtimes.ts";

const modules = path.join(root, "test/runtimes/node_modules");

function installed(file: string): string {
	const found = path.join(modules, file);
	if (!existsSync(found))
		throw new Error(
			`Cannot run the conformance suite: ${found} is missing (install it with: npm install --prefix test/runtimes)`,
		);
	return found;
}

/** A file of the official conformance suite. */
export const suiteFile = (name: string): string =>
	installed(path.join("@modelcontextprotocol/conformance", name));

/** A Node that the suite runs on: it needs 22 or later, whatever runs the tests. */
export const suiteNode = (): string => installed("node24/bin/node");
