import type { Command } from "commander";

const name = "complete";

/**
 * Adds `complete`: the scripts by which shells complete the command line, and
 * what they ask. All commands have to be there already. The library is loaded
 * where it is asked for only.
 */
export async function addCompletion(
	program: Command,
	argv: readonly string[],
): Promise<void> {
	if (argv[2] === name) {
		const { default: tab } = await import("@bomb.sh/tab/commander");
		tab(program);
		return;
	}
	program
		.command(name)
		.argument("[shell]", "bash, zsh, fish or powershell")
		.description("prints the completion script of a shell");
}
