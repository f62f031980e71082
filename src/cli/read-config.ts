import type { CommandServers } from "../config/command-servers.ts";
import { ConfigReader, type Reading } from "../config/config-reader.ts";
import type { Overrides } from "../config/override-config.ts";
import type { BridgeConfig } from "../config/resolve-config.ts";

/** What the command line says of the config. */
export interface ConfigSource {
	/** The typed config, or servers as sparfenyuk/mcp-proxy takes them. */
	source: string | CommandServers;
	overrides: Overrides;
	/** Whether a fault of one server is one of the whole config. */
	strict: boolean;
}

/** A config, and what in its file has no meaning here. */
export interface ReadConfig {
	config: BridgeConfig;
	warnings: string[];
}

/** The file that a config comes from; undefined where it is all on the command line. */
export function fileOf({ source }: ConfigSource): string | undefined {
	return typeof source === "string" ? source : source.file;
}

/** Reads the config that the command line names. Throws a {@link ConfigError} where it cannot be used. */
export function configReader(source: ConfigSource): ConfigReader<ReadConfig> {
	return new ConfigReader(fileOf(source) ?? ".", async (reading) => {
		const read = await readConfig(source, reading);
		if (Object.keys(source.overrides).length === 0) return read;
		const { overrideConfig } = await import("../config/override-config.ts");
		return { ...read, config: overrideConfig(read.config, source.overrides) };
	});
}

async function readConfig(
	{ source, strict }: ConfigSource,
	reading: Reading,
): Promise<ReadConfig> {
	if (typeof source !== "string") {
		const { loadCommandServers } = await import("../config/command-servers.ts");
		return await loadCommandServers(source, { strict });
	}
	const { loadConfigApart } = await import("../config/load-config-apart.ts");
	return {
		config: await loadConfigApart(source, reading, strict),
		warnings: [],
	};
}
