import { invalidConfig, type Problem } from "./config-error.ts";
import { readVariable } from "./env.ts";
import { mapTexts } from "./map-texts.ts";
import { expandedKeys, type NamedFile } from "./named-entries.ts";
import { isPlainObject } from "./plain-object.ts";
import { readNamedServers } from "./read-named-servers.ts";
import { type BridgeConfig, checkConfig } from "./resolve-config.ts";
import { expandVariables } from "./variables.ts";

/**
 * Reads a JSON file of named servers, as Claude Desktop, VS Code and other hosts have one.
 *
 * `${NAME}`, `${NAME:-default}` and `${env:NAME}` in `command`, `args`, `cwd` and the values of `env` are
 * replaced by the bridge's environment variables. The options of `servers.ts` may stand in an entry too.
 *
 * @param file absolute, or relative to the working directory
 * @returns the config, and a line for each key that was left out
 * @throws {ConfigError}
 */
export async function loadNamedServers(
	file: string,
): Promise<{ config: BridgeConfig; warnings: string[] }> {
	const named = await readNamedServers(file);
	const problems = [...named.problems];
	const servers = Object.fromEntries(
		named.entries.map(({ name, input }) => [
			name,
			expandEntry(input, [named.root, name], problems),
		]),
	);
	return {
		config: checkNamedServers(servers, { ...named, problems }),
		warnings: [
			...named.warnings,
			...named.entries.flatMap(({ warnings }) => warnings),
		],
	};
}

/**
 * The config of servers from a JSON file.
 *
 * @throws {ConfigError} with the problems that are known already and those that are found
 */
export function checkNamedServers(
	servers: Record<string, unknown>,
	{
		file,
		root,
		problems,
	}: Pick<NamedFile, "root" | "problems"> & { file: string },
): BridgeConfig {
	const checked = checkConfig({ servers }, { file });
	if (checked.ok && problems.length === 0) return checked.config;
	const found = checked.ok ? [] : checked.problems;
	throw invalidConfig(file, [
		...problems,
		...found
			.map((problem) => ({
				...problem,
				path: problem.path.replace(/^servers/, root),
			}))
			// One problem for one place: an unset variable also leaves an empty command.
			.filter(({ path }) => problems.every((known) => known.path !== path)),
	]);
}

function expandEntry(
	input: unknown,
	path: readonly string[],
	problems: Problem[],
): unknown {
	if (!isPlainObject(input)) return input;
	const expand = (text: string, at: string) => {
		const expanded = expandVariables(text, readVariable);
		for (const name of expanded.unset)
			problems.push({
				path: at,
				found: `environment variable "${name}" is not set`,
				expected: `a variable set where the bridge is started, or a default: \${${name}:-…}`,
			});
		return expanded.text;
	};
	const entries = Object.entries(input).map(([key, value]) => [
		key,
		expandedKeys.includes(key)
			? mapTexts(value, [...path, key], expand)
			: value,
	]);
	return Object.fromEntries(entries);
}
