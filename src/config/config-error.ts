export type ConfigErrorCode =
	/** The file does not exist. */
	| "CONFIG_NOT_FOUND"
	/** The file cannot be read or parsed, or throws while it runs. */
	| "CONFIG_NOT_LOADABLE"
	/** The file was not read in time: it waits, loops, or the machine is too busy. */
	| "CONFIG_TIMED_OUT"
	/** The file was read, and what it says is not allowed: see `problems`. */
	| "CONFIG_INVALID"
	/** The file asks for environment variables that are not set, and has no other problem. */
	| "CONFIG_ENV_MISSING";

/** One thing to correct in a config. */
export interface Problem {
	/** Where, as one would write it in code: `servers.github.args[0]`. */
	readonly path: string;
	/** What was found there: type and shortened value, no value that may be a secret. */
	readonly found: string;
	/** What is allowed there. */
	readonly expected: string;
	/** The environment variable that is not set, where that is the problem. */
	readonly variable?: string;
}

/** Why a config cannot be used. The message holds every problem, a line for each. */
export class ConfigError extends Error {
	override readonly name = "ConfigError";
	readonly code: ConfigErrorCode;
	readonly problems: readonly Problem[];

	constructor(
		code: ConfigErrorCode,
		message: string,
		options: { cause?: unknown; problems?: readonly Problem[] } = {},
	) {
		const { problems = [] } = options;
		super(
			[message, ...problems.map(problemLine)].join("\n  "),
			"cause" in options ? { cause: options.cause } : undefined,
		);
		this.code = code;
		this.problems = problems;
	}
}

/** The error for a file that was read and has these problems. */
export function invalidConfig(
	file: string,
	problems: readonly Problem[],
): ConfigError {
	const count =
		problems.length === 1 ? "1 problem" : `${problems.length} problems`;
	const variables = unsetVariables(problems);
	const unset = variables === "" ? "" : `; not set: ${variables}`;
	return new ConfigError(
		problemCode(problems),
		`Cannot use config "${file}": ${count} to correct${unset}`,
		{ problems },
	);
}

/** The code of an error that has these problems. */
export function problemCode(problems: readonly Problem[]): ConfigErrorCode {
	return problems.every(({ variable }) => variable !== undefined)
		? "CONFIG_ENV_MISSING"
		: "CONFIG_INVALID";
}

/** The names of all environment variables that are missing, each once; empty where none is. */
export function unsetVariables(problems: readonly Problem[]): string {
	const names = problems.flatMap(({ variable }) => variable ?? []);
	return [...new Set(names)].join(", ");
}

/** A problem as one line. */
export function problemLine({ path, found, expected }: Problem): string {
	return `${path}: ${found} (allowed: ${expected})`;
}

/**
 * The problem of a variable that is not set.
 *
 * @param path where its value is needed
 * @param remedy how the file could give a default
 */
export function unsetVariable(
	path: string,
	variable: string,
	remedy: string,
): Problem {
	return {
		path,
		found: `environment variable "${variable}" is not set`,
		expected: `a variable set where the bridge is started, or a default: ${remedy}`,
		variable,
	};
}
