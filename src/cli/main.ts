import { ConfigError } from "../config/config-error.ts";
import { CommandError } from "./command-error.ts";
import { ListenError } from "./listen-error.ts";
import { tell } from "./print.ts";
import { createProgram, usageExitCode } from "./program.ts";
import { splitArguments } from "./split-arguments.ts";

/** The program. Errors that its user can mend go to stderr without a stack, with exit code 2. */
export async function main(argv: string[]): Promise<void> {
	// Who does not hear it cannot be told so.
	process.stderr.on("error", () => {});
	const program = await createProgram(argv);
	const commands = [
		"help",
		...program.commands.map((command) => command.name()),
	];
	try {
		await program.parseAsync(splitArguments(argv.slice(2), commands), {
			from: "user",
		});
	} catch (error) {
		const isForUser =
			error instanceof ConfigError ||
			error instanceof ListenError ||
			error instanceof CommandError;
		if (!isForUser) throw error;
		tell(`${error.code}: ${error.message}\n`);
		process.exit(usageExitCode);
	}
}
