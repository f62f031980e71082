import type { Command } from "commander";
import type { CommandServers } from "../config/command-servers.ts";
import type { Overrides } from "../config/override-config.ts";
import type { GivenOptions } from "./options.ts";
import type { ServeOptions } from "./serve-command.ts";

/**
 * What a command line with or without a server's command means.
 *
 * @param words the command and its arguments; none where all servers stand in a config
 * @returns the options, and a line for each flag that does nothing here
 */
export function serveOptions(
	program: Command,
	words: readonly string[],
): { options: ServeOptions; warnings: string[] } {
	const given: GivenOptions = program.opts();
	const { named, warnings } = namedServers(given);
	const isSet = (name: keyof GivenOptions) =>
		program.getOptionValueSource(name) === "cli";
	const { namedServerConfig, config } = given;
	const isTyped =
		words.length === 0 && named.length === 0 && namedServerConfig === undefined;
	if (!isTyped && isSet("config"))
		program.error(
			`error: option '-c, --config <file>' cannot be used with servers on the command line (put them into the config, or use --named-server-config)`,
		);
	if (isTyped && given.passEnvironment !== undefined)
		program.error(
			`error: option '--pass-environment' cannot be used with a typed config (set "inheritEnv" in its entries)`,
		);
	if (words.length === 0) {
		if (isSet("env"))
			warnings.push(
				"--env is without effect: it is for the server whose command stands on the command line (set the variables of other servers in their entries)",
			);
		if (isSet("cwd"))
			warnings.push(
				"--cwd is without effect: it is for the server whose command stands on the command line (set the folders of other servers in their entries)",
			);
	}
	warnings.push(...remoteFlags(isSet));
	const servers: CommandServers = {
		command: words.length === 0 ? undefined : words,
		env: Object.fromEntries(given.env),
		cwd: given.cwd,
		named: namedServerConfig === undefined ? named : [],
		file: namedServerConfig,
		passEnvironment: given.passEnvironment ?? false,
	};
	return {
		options: {
			source: isTyped ? config : servers,
			overrides: overridesOf(given),
			strict: given.strict,
			host: given.host,
			port: given.port,
			watch: given.watch,
		},
		warnings,
	};
}

function namedServers({ namedServer, namedServerConfig }: GivenOptions) {
	const named = [...new Map(namedServer)];
	const warnings = namedServer
		.map(([name]) => name)
		.filter((name, index, names) => names.indexOf(name) !== index)
		.map(
			(name) => `--named-server "${name}" is there twice: the last one counts`,
		);
	if (named.length > 0 && namedServerConfig !== undefined)
		warnings.push(
			"--named-server is without effect beside --named-server-config (put the server into the file)",
		);
	return { named, warnings };
}

function overridesOf(given: GivenOptions): Overrides {
	const all: Overrides = {
		basePath: given.basePath,
		defaultServer: given.defaultServer,
		stateless: given.stateless,
		allowedHosts: given.allowedHost,
		allowedOrigins: given.allowOrigin,
		exposedHeaders: given.exposeHeader,
		warm: given.warm,
	};
	return Object.fromEntries(
		Object.entries(all).filter(([, value]) => value !== undefined),
	);
}

const remote = {
	headers: "--headers",
	transport: "--transport",
	clientId: "--client-id",
	clientSecret: "--client-secret",
	tokenUrl: "--token-url",
	username: "--username",
	password: "--password",
	verifySsl: "--verify-ssl",
} satisfies Partial<Record<keyof GivenOptions, string>>;

/** Flags that are for a remote server. Both transports of HTTP are offered, whatever `--transport` says. */
function remoteFlags(isSet: (name: keyof GivenOptions) => boolean): string[] {
	const names = Object.keys(remote) as (keyof typeof remote)[];
	return names
		.filter(isSet)
		.map(
			(name) =>
				`${remote[name]} is without effect: it is for a remote server, whose URL stands in the place of a command`,
		);
}
