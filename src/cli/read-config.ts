import type { CommandServers } from "../config/command-servers.ts";
import { ConfigReader, type Reading } from "../config/config-reader.ts";
import { type LoadedConfig, loadAnyConfig } from "../config/load-any-config.ts";
import type { Overrides } from "../config/override-config.ts";

/** What the command line says of the config. */
export interface ConfigSource {
	/** The typed config, or servers as sparfenyuk/mcp-proxy takes them. */
	source: string | CommandServers;
	overrides: Overrides;
	/** Whether a fault of one server is one of the whole config. */
	strict: boolean;
}

/** The file that a config comes from; undefined where it is all on the command line. */
export function fileOf({ source }: ConfigSource): string | undefined {
	return typeof source === "string" ? source : source.file;
}

/** Reads the config that the command line names. Throws a {@link ConfigError} where it cannot be used. */
export function configReader(source: ConfigSource): ConfigReader<LoadedConfig> {
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
): Promise<LoadedConfig> {
	// What stands on the command line alone is read at once.
	if (typeof source !== "string" && source.file === undefined)
		return await loadAnyConfig({ source, strict });
	const { loadConfigApart } = await import("../config/load-config-apart.ts");
	return await loadConfigApart(source, reading, strict);
}
