import { ConfigError } from "./config-error.ts";

/** Where the key comes from that the config does not give. Its prefix keeps it from the children. */
const variable = "MCP_EDGE_BRIDGE_SESSION_KEY";

/** Shorter ones can be guessed. */
export const leastKeyLength = 32;

export const sessionKeyExpected = `a secret text of at least ${leastKeyLength} characters`;

/**
 * The key by which sessions are sealed: the config's, else the environment's.
 * Undefined where neither gives one.
 *
 * @throws {ConfigError} `CONFIG_INVALID` where the environment's is too short
 */
export function sessionKeyOf(
	configured: string | undefined,
	environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
	if (configured !== undefined) return configured;
	// Set to nothing is how a compose file says that it is not set.
	const given = environment[variable] || undefined;
	if (given === undefined || given.length >= leastKeyLength) return given;
	throw new ConfigError(
		"CONFIG_INVALID",
		`Cannot use the environment variable ${variable}: it is too short`,
		{
			problems: [
				{
					path: variable,
					found: `a text of ${given.length} characters`,
					expected: sessionKeyExpected,
				},
			],
		},
	);
}
