export type ConfigErrorCode =
	/** The file does not exist. */
	| "CONFIG_NOT_FOUND"
	/** The file cannot be read or parsed, or throws while it runs. */
	| "CONFIG_NOT_LOADABLE"
	/** The file was read, and what it says is not allowed: see `problems`. */
	| "CONFIG_INVALID"
	/** The file asks for an environment variable that is not set. */
	| "CONFIG_ENV_MISSING";

/** One thing to correct in a config. */
export interface Problem {
	/** Where, as one would write it in code: `servers.github.args[0]`. */
	readonly path: string;
	/** What was found there: type and shortened value, no value that may be a secret. */
	readonly found: string;
	/** What is allowed there. */
	readonly expected: string;
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
	return new ConfigError(
		"CONFIG_INVALID",
		`Cannot use config "${file}": ${count} to correct`,
		{ problems },
	);
}

function problemLine({ path, found, expected }: Problem): string {
	return `${path}: ${found} (allowed: ${expected})`;
}
