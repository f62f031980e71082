import { type Command, Option } from "commander";
import type { Logger } from "pino";
import type { BridgeConfig } from "../config/resolve-config.ts";
import { createLogger, logLevels } from "./create-logger.ts";
import { configReader } from "./read-config.ts";

/** What a command is told about the config and the log. */
export interface CommandOptions {
	config: string;
	namedServerConfig?: string;
	logLevel: string;
	logFormat?: string;
}

/** Adds the options that say which config a command reads, and what it logs: by default what it does not say itself. */
export function addCommandOptions(
	command: Command,
	logLevel: "warn" | "error" = "warn",
): Command {
	return command
		.addOption(
			new Option("-c, --config <file>", "the typed config").default(
				"servers.ts",
			),
		)
		.addOption(
			new Option(
				"--named-server-config <file>",
				"a JSON config with mcpServers, instead of --config",
			).conflicts("config"),
		)
		.addOption(
			new Option("--log-level <level>", "what to log, on stderr")
				.choices(logLevels)
				.default(logLevel),
		);
}

/**
 * The options of a command. The program has some of the same names: what is
 * given is meant for the command, before its name or behind it.
 */
export function optionsOf<Options extends object>(command: Command): Options {
	const { parent } = command;
	const given = Object.entries(parent?.opts() ?? {}).filter(
		([name]) => parent?.getOptionValueSource(name) === "cli",
	);
	const own = Object.entries(command.opts()).filter(
		([name]) => command.getOptionValueSource(name) === "cli",
	);
	return Object.fromEntries([
		...Object.entries(command.opts()),
		...given,
		...own,
	]) as Options;
}

/** The log of a command: pretty on a terminal. */
export async function commandLog({
	logLevel,
	logFormat = process.stderr.isTTY ? "pretty" : "json",
}: CommandOptions): Promise<Logger> {
	return (await createLogger(logLevel, logFormat === "pretty")).log;
}

/**
 * Reads the config that a command is to work with; a fault of one server is that server's alone.
 *
 * @throws {ConfigError} where there is nothing to serve
 */
export async function readCommandConfig(
	options: CommandOptions,
	log: Logger,
): Promise<BridgeConfig> {
	const { config, namedServerConfig } = options;
	const source =
		namedServerConfig === undefined
			? config
			: { file: namedServerConfig, env: {}, named: [], passEnvironment: false };
	const reader = configReader({ source, overrides: {}, strict: false });
	const read = await reader.read();
	for (const warning of read.warnings) log.warn(warning);
	return read.config;
}
