/** Why a command cannot do what it is told, where its user can mend that: goes to stderr without a stack, with exit code 2. */
export class CommandError extends Error {
	override readonly name = "CommandError";
	readonly code: CommandErrorCode;

	constructor(code: CommandErrorCode, message: string, cause?: unknown) {
		super(message, { cause });
		this.code = code;
	}
}

export type CommandErrorCode =
	/** The config has no server of that name, or it is off. */
	| "SERVER_NOT_FOUND"
	/** What is given for the tool's arguments is none. */
	| "ARGUMENTS_INVALID"
	/** No bridge answers at `--url`, or something else does. */
	| "BRIDGE_NOT_REACHED"
	/** The address of the bridge cannot be told from the config. */
	| "URL_UNKNOWN";
