import { resolve } from "node:path";
import { assertFile } from "./load-config.ts";
import { type NamedFile, readNamedEntries } from "./named-entries.ts";
import { readJsonFile } from "./read-json-file.ts";

const example = `{
	"mcpServers": {
		"memory": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"] }
	}
}`;

/**
 * The entries of a JSON file of named servers.
 *
 * @throws {ConfigError} `CONFIG_NOT_FOUND` or `CONFIG_NOT_LOADABLE`; other problems are part of the result
 */
export async function readNamedServers(
	file: string,
): Promise<NamedFile & { readonly file: string }> {
	const path = resolve(file);
	await assertFile(path, example);
	return { file: path, ...readNamedEntries(await readJsonFile(path)) };
}
