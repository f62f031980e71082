import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { jsonSyntaxError } from "./json-syntax-error.ts";
import { assertFile, notLoadable } from "./load-config.ts";
import { type NamedFile, readNamedEntries } from "./named-entries.ts";

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
	const text = await readFile(path, "utf8").catch((cause: Error) => {
		throw notLoadable(path, cause.message, cause);
	});
	// Windows editors begin a file with a byte order mark.
	return {
		file: path,
		...readNamedEntries(parse(text.replace(/^\uFEFF/, ""), path)),
	};
}

function parse(text: string, path: string): unknown {
	const position = jsonSyntaxError(text);
	if (position === undefined) return JSON.parse(text);
	const { line, column } = position;
	throw notLoadable(
		path,
		`it is not JSON (correct line ${line}, column ${column}; JSON has no comments and no comma before a closing bracket)`,
	);
}
