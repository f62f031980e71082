import type { CommandServers } from "./command-servers.ts";
import type { BridgeConfig } from "./resolve-config.ts";

/** A config, and what in its file has no meaning here. */
export interface LoadedConfig {
	config: BridgeConfig;
	warnings: string[];
}

/**
 * Loads a typed config, which is named by its file, or servers of the command line, of which a JSON file may have more.
 * What only one of them needs is loaded with it.
 *
 * @throws {ConfigError}
 */
export async function loadAnyConfig({
	source,
	strict,
}: {
	source: string | CommandServers;
	strict: boolean;
}): Promise<LoadedConfig> {
	if (typeof source !== "string") {
		const { loadCommandServers } = await import("./command-servers.ts");
		return await loadCommandServers(source, { strict });
	}
	const [{ loadConfig }, configApi] = await Promise.all([
		import("./load-config.ts"),
		import("./config-api.ts"),
	]);
	return {
		config: await loadConfig(source, configApi, strict),
		warnings: [],
	};
}
