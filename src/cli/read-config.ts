import { statSync } from "node:fs";
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
	/** Of the file, as it was just before it was read. */
	stamp: string;
}

/** Changes when a file does: a config that changed while nobody watched is told by it. */
export function stampOf({ config, namedServerConfig }: ConfigSource): string {
	const file = namedServerConfig ?? config;
	const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
	return stats ? `${stats.ino} ${stats.mtimeNs} ${stats.size}` : "";
}

/**
 * Reads the config anew.
 *
 * @throws {ConfigError}
 */
export async function readConfig(source: ConfigSource): Promise<ReadConfig> {
	const stamp = stampOf(source);
	if (source.namedServerConfig !== undefined) {
		const { loadNamedServers } = await import("../config/named-servers.ts");
		return { ...(await loadNamedServers(source.namedServerConfig)), stamp };
	}
	const { loadConfigApart } = await import("../config/load-config-apart.ts");
	const config = await loadConfigApart(source.config);
	return { config, warnings: [], stamp };
}
