import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { ConfigError } from "./config-error.ts";
import { loadNamedServers } from "./named-servers.ts";
import { type BridgeConfig, resolveConfig } from "./resolve-config.ts";
import type { ServerInput } from "./server-input.ts";
import { splitCommand } from "./split-command.ts";

/** Servers that the command line describes, in the words of sparfenyuk/mcp-proxy. */
export interface CommandServers {
	/** The server at the root: its program and arguments. */
	command?: readonly string[] | undefined;
	/** Variables and folder of that server. */
	env: Readonly<Record<string, string>>;
	cwd?: string | undefined;
	/** Name and command, in one text, of each further server. A later one replaces one of the same name. */
	named: readonly (readonly [name: string, command: string])[];
	/** The JSON file that all further servers come from instead. */
	file?: string | undefined;
	/** Whether children get the whole environment of the bridge. */
	passEnvironment: boolean;
}

/** What the files of a config are called in messages where there is none. */
const nowhere = "the command line";

/**
 * The config that a command line means. All children start in the working directory, unless an entry of the JSON file says
 * otherwise.
 *
 * @returns the config, and a line for each thing that was left out
 * @throws {ConfigError}
 */
export async function loadCommandServers(
	servers: CommandServers,
	{ strict = false } = {},
): Promise<{ config: BridgeConfig; warnings: string[] }> {
	const { file } = servers;
	const defaults: Pick<ServerInput, "cwd" | "inheritEnv"> = {
		cwd: process.cwd(),
		...(servers.passEnvironment && { inheritEnv: true }),
	};
	if (file !== undefined) {
		const { config, warnings } = await loadNamedServers(file, {
			strict,
			defaults,
			added: rootServer(servers, defaults),
		});
		return { config: withRoot(config, servers), warnings };
	}
	const named = servers.named.map(([name, text]) => {
		const [command = "", ...args] = wordsOf(name, text);
		return [name, { command, args, ...defaults }] as const;
	});
	const input = Object.fromEntries(named);
	if (servers.command !== undefined && Object.hasOwn(input, rootName))
		throw new ConfigError(
			"CONFIG_INVALID",
			`Cannot use --named-server "${rootName}": that is the name of the server whose command stands on the command line by itself (choose another name)`,
		);
	if (named.length === 0) assertRunnable(servers);
	const config = resolveConfig(
		{ servers: { ...rootServer(servers, defaults), ...input } },
		{ file: nowhere, strict },
	);
	return { config: withRoot(config, servers), warnings: [] };
}

/** As in sparfenyuk/mcp-proxy's `/status`. */
const rootName = "default";

function rootServer(
	{ command: words, env, cwd }: CommandServers,
	defaults: Pick<ServerInput, "cwd" | "inheritEnv">,
): Record<string, ServerInput> {
	const [command, ...args] = words ?? [];
	if (command === undefined) return {};
	return {
		[rootName]: { ...defaults, command, args, env, ...(cwd && { cwd }) },
	};
}

function withRoot(
	config: BridgeConfig,
	{ command }: CommandServers,
): BridgeConfig {
	return command === undefined
		? config
		: { ...config, defaultServer: rootName };
}

function wordsOf(name: string, text: string): string[] {
	const words = splitCommand(text);
	if (words !== undefined) return words;
	throw new ConfigError(
		"CONFIG_INVALID",
		`Cannot use --named-server "${name}": a quote in its command is not closed, or nothing follows a backslash (quote the command as for a shell)`,
	);
}

/** Where there is no other server, a bridge whose command is nowhere would serve nothing, and a misspelt command of its own looks like one. */
function assertRunnable({ command = [], cwd }: CommandServers): void {
	const [program = ""] = command;
	const from = resolve(cwd ?? ".");
	if (
		program.includes("/") ||
		placesOf(from).some((folder) => isRunnable(join(folder, program)))
	)
		return;
	throw new ConfigError(
		"CONFIG_INVALID",
		`Cannot start "${program}": there is no such command, neither of mcp-edge-bridge nor on PATH (install it, or give its full path; see --help)`,
	);
}

/** Where a command is looked for: as npm does, and on PATH. */
function placesOf(folder: string): string[] {
	const local: string[] = [];
	for (let at = folder; ; at = dirname(at)) {
		local.push(join(at, "node_modules/.bin"));
		if (at === dirname(at)) break;
	}
	return [...local, ...(process.env.PATH ?? "").split(delimiter)];
}

function isRunnable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
