import { basename } from "node:path";
import { invalidConfig, problemLine } from "../config/config-error.ts";
import type { NamedEntry } from "../config/named-entry.ts";
import { checkEntries } from "../config/named-servers.ts";
import { isPlainObject } from "../config/plain-object.ts";
import { readNamedServers } from "../config/read-named-servers.ts";
import { serversSource } from "../config/servers-source.ts";

/**
 * The text of the `servers.ts` that says the same as a JSON file of named servers.
 * A `${NAME}` becomes a call of `env`, its value is never read. What is left out, and entries that cannot be served,
 * become comments.
 *
 * @param file absolute, or relative to the working directory
 * @throws {ConfigError} where there is nothing to serve
 */
export async function importNamedServers(file: string): Promise<string> {
	const named = await readNamedServers(file);
	const { problems, faulty } = checkEntries(
		named.entries.map(withoutPaths),
		named,
	);
	const problemsOf = new Map(
		faulty.map(({ name, problems }) => [name, problems]),
	);
	const entries = named.entries.map((entry) => ({
		entry,
		problems: problemsOf.get(entry.name) ?? [],
	}));
	const isAnyServed = entries.some(
		({ entry: { input }, problems }) =>
			problems.length === 0 && isPlainObject(input) && input.enabled !== false,
	);
	if (!isAnyServed)
		throw invalidConfig(named.file, [
			...problems,
			...faulty.flatMap(({ problems }) => problems),
		]);
	const origin = JSON.stringify(basename(named.file));
	return serversSource(entries, named, [
		`Imported from ${origin}. Relative paths start at the folder of this file: keep it in the same folder`,
		...problems.map(problemLine),
		...named.leftOut.map(({ path, found }) => `${path}: left out, ${found}`),
		...named.warnings,
	]);
}

/** Folders and files need not be on the machine where the file is imported. */
function withoutPaths(entry: NamedEntry): NamedEntry {
	if (!isPlainObject(entry.input)) return entry;
	const { cwd, envFile, ...input } = entry.input;
	return { ...entry, input };
}
