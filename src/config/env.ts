import process from "node:process";
import { ConfigError } from "./config-error.ts";

/**
 * An environment variable of the bridge, for use in `servers.ts`.
 *
 * A variable that is set to an empty string counts as set.
 *
 * @param name such as `"GITHUB_TOKEN"`
 * @param fallback the value where the variable is not set. Without one that is a fault: of the server whose entry
 *   needs it where the bridge reads a `servers.ts`, which goes on so that all that are missing are named
 * @throws {ConfigError} `CONFIG_ENV_MISSING`, in a program of your own
 */
export function env(name: string, fallback?: string): string {
	const value = readVariable(name) ?? fallback;
	if (value !== undefined) return value;
	throw new ConfigError(
		"CONFIG_ENV_MISSING",
		`Cannot read environment variable "${name}": it is not set (set it where the bridge is started, or give a default: env("${name}", "…"))`,
	);
}

/** An environment variable of the bridge, or undefined. */
export function readVariable(name: string): string | undefined {
	// process.env has a prototype: process.env.toString is a function.
	const value: unknown = process.env[name];
	return typeof value === "string" ? value : undefined;
}
