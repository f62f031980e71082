import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
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
		...readNamedEntries(await parse(text.replace(/^\uFEFF/, ""), path)),
	};
}

/** JSON with comments and commas before a closing bracket: several hosts allow them in their files. */
async function parse(text: string, path: string): Promise<unknown> {
	const momoa = await import("@humanwhocodes/momoa");
	try {
		const mode = { mode: "jsonc", allowTrailingCommas: true } as const;
		return momoa.evaluate(momoa.parse(text, mode));
	} catch (cause) {
		// Its messages name a position and no more than one character, so no secret of the file.
		const { message } = cause as Error;
		throw notLoadable(path, `it is not JSON: ${message}`, cause);
	}
}
