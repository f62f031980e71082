import { dirname } from "node:path";
import { type Problem, unsetVariable } from "./config-error.ts";
import { readVariable } from "./env.ts";
import { mapTexts } from "./map-texts.ts";
import type { NamedFile } from "./named-entries.ts";
import { expandedKeys, type NamedEntry, runsShell } from "./named-entry.ts";
import { placed } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";
import { readNamedServers } from "./read-named-servers.ts";
import {
	acceptConfig,
	type BridgeConfig,
	type Checked,
	checkConfig,
} from "./resolve-config.ts";
import type { ServerInput } from "./server-input.ts";
import {
	configFolder,
	joinParts,
	type SplitOptions,
	splitVariables,
} from "./variables.ts";

/** What the command line says of a JSON file's servers. */
export interface NamedServersOptions {
	/** Whether a fault of one entry, or one that is left out, is a problem of the whole file. Default false. */
	strict?: boolean;
	/** What entries have that do not say otherwise. Default: as in `servers.ts`. */
	defaults?: Pick<ServerInput, "cwd" | "inheritEnv">;
	/** Servers besides those of the file, by name. */
	added?: Readonly<Record<string, ServerInput>>;
}

/**
 * Reads a JSON file of named servers, as Claude Desktop, VS Code and other hosts have one.
 *
 * Variables in `command`, `args`, `cwd`, `envFile` and the values of `env` are replaced by the bridge's environment
 * variables. The options of `servers.ts` may stand in an entry too.
 *
 * @param file absolute, or relative to the working directory
 * @returns the config, and a line for each thing that was left out
 * @throws {ConfigError}
 */
export async function loadNamedServers(
	file: string,
	{ strict = false, defaults = {}, added = {} }: NamedServersOptions = {},
): Promise<{ config: BridgeConfig; warnings: string[] }> {
	const named = await readNamedServers(file);
	const expansion = new Expansion(named);
	const entries = [
		...Object.entries(added).map(([name, input]) => ({
			name,
			path: [name],
			place: undefined,
			input,
			warnings: [],
			problems: [],
		})),
		...named.entries.map((entry) =>
			withDefaults(expansion.of(entry), defaults),
		),
	];
	const taken = named.entries
		.filter(({ name }) => Object.hasOwn(added, name))
		.map((entry) => ({
			path: placed(entry),
			found: "the name of the server on the command line",
			expected: "another name",
		}));
	const problems = [...named.problems, ...taken];
	const checked = checkEntries(entries, { ...named, problems }, strict);
	const config = acceptConfig(checked, { file: named.file, strict });
	return {
		config,
		warnings: [
			...named.warnings,
			...named.leftOut.map(({ path, found }) => `${path}: left out, ${found}`),
			...named.entries.flatMap(({ warnings }) => warnings),
			...expansion.warnings,
		],
	};
}

/**
 * What entries of a JSON file mean, their variables replaced or not.
 *
 * @param strict whether what was left out is a problem of the file; it is one in any case where nothing else can be served
 */
export function checkEntries(
	entries: readonly NamedEntry[],
	named: NamedFile & { readonly file: string },
	strict = false,
): Checked {
	const inputs = entries.map(({ name, input }) => [name, input]);
	const checked = checkConfig(
		{ servers: Object.fromEntries(inputs) },
		{
			file: named.file,
			origins: new Map(entries.map((entry) => [entry.name, entry])),
		},
	);
	const isServed = Object.values(checked.config?.servers ?? {}).some(
		({ enabled }) => enabled,
	);
	const leftOut = isServed && !strict ? [] : named.leftOut;
	// What there is instead of servers has been said in words of the file.
	const own = named.entries.length === 0 ? [] : checked.problems;
	const problems = [...named.problems, ...leftOut, ...own];
	return problems.length > 0
		? { ...checked, config: undefined, problems }
		: checked;
}

function withDefaults(entry: NamedEntry, defaults: object): NamedEntry {
	if (!isPlainObject(entry.input)) return entry;
	return { ...entry, input: { ...defaults, ...entry.input } };
}

/** How the texts of an entry are to be read. */
export function splitOptions(
	input: Record<string, unknown>,
	key: string,
	{ inputs }: NamedFile,
): SplitOptions {
	return { bare: key !== "args" || !runsShell(input), inputs };
}

/** Replaces the variables of one file's entries. */
class Expansion {
	readonly #named: NamedFile;
	readonly #folder: string;
	#usesFolder = false;

	constructor(named: NamedFile & { readonly file: string }) {
		this.#named = named;
		this.#folder = dirname(named.file);
	}

	/** What is to be said about all of them. */
	get warnings(): string[] {
		return this.#usesFolder
			? [
					`\${workspaceFolder} is taken for the folder of the config: ${this.#folder}`,
				]
			: [];
	}

	of(entry: NamedEntry): NamedEntry {
		const { input } = entry;
		if (!isPlainObject(input)) return entry;
		const problems = [...entry.problems];
		const members = Object.entries(input).map(([key, value]) => {
			if (!expandedKeys.includes(key)) return [key, value];
			const options = splitOptions(input, key, this.#named);
			return [
				key,
				mapTexts(value, [...entry.path, key], (text, path) =>
					this.#expand(text, path, options, problems),
				),
			];
		});
		return { ...entry, input: Object.fromEntries(members), problems };
	}

	#expand(
		text: string,
		path: string,
		options: SplitOptions,
		problems: Problem[],
	): string {
		const parts = splitVariables(text, options);
		this.#usesFolder ||= parts.includes(configFolder);
		const joined = joinParts(parts, this.#folder, readVariable);
		for (const name of joined.unset)
			problems.push(unsetVariable(path, name, `\${${name}:-…}`));
		return joined.text;
	}
}
