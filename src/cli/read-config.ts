import type { BridgeConfig } from "../config/resolve-config.ts";

/** Which file to read: the JSON one where it is given. */
export interface ConfigSource {
	config: string;
	namedServerConfig?: string;
}

/** A config, and what in its file has no meaning here. */
export interface ReadConfig {
	config: BridgeConfig;
	warnings: string[];
}

/**
 * Reads the config anew.
 *
 * @throws {ConfigError}
 */
export async function readConfig(source: ConfigSource): Promise<ReadConfig> {
	if (source.namedServerConfig !== undefined) {
		const { loadNamedServers } = await import("../config/named-servers.ts");
		return loadNamedServers(source.namedServerConfig);
	}
	const { loadConfigApart } = await import("../config/load-config-apart.ts");
	return { config: await loadConfigApart(source.config), warnings: [] };
}
