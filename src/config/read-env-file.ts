import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/**
 * The variables of a file in dotenv syntax.
 *
 * @param path absolute
 * @throws {Error} of the file system
 */
export function readEnvFile(path: string): Record<string, string> {
	const text = readFileSync(path, "utf8");
	// Node and Deno take a byte order mark for a part of the first name.
	const variables = parseEnv(text.replace(/^\uFEFF/, ""));
	return Object.fromEntries(
		Object.entries(variables).flatMap(([name, value]) =>
			value === undefined ? [] : [[name, value]],
		),
	);
}
