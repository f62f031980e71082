import * as v from "valibot";
import { ConfigError } from "./config-error.ts";
import { describeValue } from "./describe-value.ts";
import type { BridgeConfig, ServerConfig } from "./resolve-config.ts";
import { bridgeSchema, serverSchema } from "./schema.ts";

/** Options that the command line gives for any config, not checked. */
export interface Overrides {
	basePath?: string | undefined;
	defaultServer?: string | undefined;
	stateless?: boolean | undefined;
	/** Added to those of the config, as the next two. */
	allowedHosts?: readonly string[] | undefined;
	allowedOrigins?: readonly string[] | undefined;
	exposedHeaders?: readonly string[] | undefined;
	/** Of every server; one with isolation `"shared"` takes no more than 1 of it, since it has one child. */
	warm?: number | undefined;
}

const flags = {
	basePath: "--base-path",
	defaultServer: "--default-server",
	stateless: "--stateless",
	allowedHosts: "--allowed-host",
	allowedOrigins: "--allow-origin",
	exposedHeaders: "--expose-header",
	warm: "--warm",
} satisfies Record<keyof Overrides, string>;

/**
 * A config with what the command line says of it.
 *
 * @throws {ConfigError} where that is not allowed
 */
export function overrideConfig(
	config: BridgeConfig,
	overrides: Overrides,
): BridgeConfig {
	const { entries } = bridgeSchema;
	const more = <K extends "allowedHosts" | "allowedOrigins" | "exposedHeaders">(
		key: K,
	) => [...config[key], ...checked(key, entries[key], overrides[key])];
	const warm = checked("warm", serverSchema.entries.warm, overrides.warm);
	return {
		...config,
		basePath: checked(
			"basePath",
			entries.basePath,
			overrides.basePath ?? config.basePath,
		),
		stateless: overrides.stateless ?? config.stateless,
		defaultServer: defaultServer(config, overrides),
		allowedHosts: more("allowedHosts"),
		allowedOrigins: more("allowedOrigins"),
		exposedHeaders: more("exposedHeaders"),
		servers:
			overrides.warm === undefined ? config.servers : warmed(config, warm),
	};
}

function checked<T>(
	key: keyof Overrides,
	schema: v.GenericSchema<unknown, T> | v.GenericSchema<never, T>,
	value: unknown,
): T {
	const result = v.safeParse(schema as v.GenericSchema<unknown, T>, value);
	if (result.success) return result.output;
	const [issue] = result.issues;
	throw new ConfigError(
		"CONFIG_INVALID",
		`Cannot use ${flags[key]} ${describeValue(issue.input)}: it has to be ${issue.message}`,
	);
}

function defaultServer(
	config: BridgeConfig,
	{ defaultServer: name }: Overrides,
): string | undefined {
	if (name === undefined) return config.defaultServer;
	const enabled = Object.keys(config.servers).filter(
		(name) => config.servers[name]?.enabled,
	);
	const names = [...enabled, ...config.faulty.map(({ name }) => name)];
	if (names.includes(name)) return name;
	throw new ConfigError(
		"CONFIG_INVALID",
		`Cannot use ${flags.defaultServer} "${name}": there is no such server (there are: ${names.join(", ")})`,
	);
}

/** Without a prototype, as the record that it replaces. */
function warmed({ servers }: BridgeConfig, warm: number) {
	const result: Record<string, ServerConfig> = Object.create(null);
	for (const [name, server] of Object.entries(servers)) {
		const most = server.isolation === "shared" ? 1 : warm;
		result[name] = { ...server, warm: Math.min(warm, most) };
	}
	return result;
}
