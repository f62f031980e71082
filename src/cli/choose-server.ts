import { closestName } from "../config/closest-name.ts";
import type { BridgeConfig } from "../config/resolve-config.ts";
import { foldName } from "../config/server-name.ts";
import { CommandError } from "./command-error.ts";

/** The names of the servers that are offered, those with a fault in their entry included. */
export function offeredServers({ servers, faulty }: BridgeConfig): string[] {
	const enabled = Object.keys(servers).filter((name) => servers[name]?.enabled);
	return [...enabled, ...faulty.map(({ name }) => name)];
}

/**
 * The server that a name means, in any case.
 *
 * @throws {CommandError} where there is none, or it is off
 */
export function chooseServer(config: BridgeConfig, typed: string): string {
	const names = offeredServers(config);
	const folded = foldName(typed);
	const found =
		names.find((name) => name === typed) ??
		names.find((name) => foldName(name) === folded);
	if (found !== undefined) return found;
	const off = Object.keys(config.servers).find(
		(name) => foldName(name) === folded,
	);
	if (off !== undefined) {
		throw new CommandError(
			"SERVER_NOT_FOUND",
			`Server "${off}" is off (set "enabled" to true in its entry)`,
		);
	}
	const closest = closestName(typed, names);
	const hint = closest === undefined ? "" : `did you mean "${closest}"? `;
	throw new CommandError(
		"SERVER_NOT_FOUND",
		`The config has no server "${typed}" (${hint}there are: ${names.join(", ")})`,
	);
}

/** The config with this server alone, at the paths that a {@link BridgeClient} uses. One child is started, and none ahead. */
export function onlyServer(config: BridgeConfig, name: string): BridgeConfig {
	const entry = config.servers[name];
	const servers = Object.create(null);
	if (entry) servers[name] = { ...entry, warm: 0 };
	return {
		...config,
		basePath: "",
		// Whoever ends it waits for nothing.
		drainTimeoutMs: 0,
		servers,
		faulty: config.faulty.filter((faulty) => faulty.name === name),
		defaultServer: undefined,
	};
}
