import { basename } from "node:path";
import { checkNamedServers } from "../config/named-servers.ts";
import { isPlainObject } from "../config/plain-object.ts";
import { readNamedServers } from "../config/read-named-servers.ts";
import { serversSource } from "../config/servers-source.ts";

/**
 * The text of the `servers.ts` that says the same as a JSON file of named servers.
 * A `${NAME}` becomes a call of `env`, its value is never read. Keys that are left out become comments.
 *
 * @param file absolute, or relative to the working directory
 * @throws {ConfigError}
 */
export async function importNamedServers(file: string): Promise<string> {
	const named = await readNamedServers(file);
	// The folder need not be on the machine where the file is imported.
	const servers = named.entries.map(({ name, input }) => {
		if (!isPlainObject(input) || typeof input.cwd !== "string")
			return [name, input];
		const { cwd: _, ...rest } = input;
		return [name, rest];
	});
	checkNamedServers(Object.fromEntries(servers), named);
	const origin = JSON.stringify(basename(named.file));
	return serversSource(named.entries, [
		`Imported from ${origin}. Relative paths start at the folder of this file: keep it in the same folder`,
		...named.warnings,
	]);
}
