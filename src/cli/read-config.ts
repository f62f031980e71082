import { ConfigReader, type Reading } from "../config/config-reader.ts";
import type { BridgeConfig } from "../config/resolve-config.ts";

/** Which file to read: the JSON one where it is given. */
export interface ConfigSource {
	config: string;
	namedServerConfig?: string;
	/** Whether a fault of one server is one of the whole config. */
	strict: boolean;
}

/** A config, and what in its file has no meaning here. */
export interface ReadConfig {
	config: BridgeConfig;
	warnings: string[];
}

/** Reads the config that the command line names. Throws a {@link ConfigError} where it cannot be used. */
export function configReader(source: ConfigSource): ConfigReader<ReadConfig> {
	return new ConfigReader(
		source.namedServerConfig ?? source.config,
		(reading) => readConfig(source, reading),
	);
}

async function readConfig(
	source: ConfigSource,
	reading: Reading,
): Promise<ReadConfig> {
	if (source.namedServerConfig !== undefined) {
		const { loadNamedServers } = await import("../config/named-servers.ts");
		const { namedServerConfig, strict } = source;
		return await loadNamedServers(namedServerConfig, { strict });
	}
	const { loadConfigApart } = await import("../config/load-config-apart.ts");
	const config = await loadConfigApart(source.config, reading, source.strict);
	return { config, warnings: [] };
}
