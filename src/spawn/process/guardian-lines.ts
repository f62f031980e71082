/** What is to run where a child has to be killed, and in which folder and environment. */
export interface StopCommand {
	stopCommand: readonly string[] | undefined;
	cwd: string;
	env: Readonly<Record<string, string>>;
}

/** Tells the guardian of a process group; see {@link guardianScript}. */
export function guardLine(group: number, command: StopCommand): string {
	const { stopCommand, cwd, env } = command;
	if (stopCommand === undefined) return `+${group}\n`;
	const variables = Object.entries({ ...env, CHILD_PID: String(group) })
		.filter(([name]) => isVariable(name))
		.map(([name, value]) => `${name}=${quote(value)}`);
	// By export and not by env(1): arguments can be read by every user.
	const words = stopCommand.map(quote).join(" ");
	return `+${group} export ${variables.join(" ")}; cd ${quote(cwd)} && exec ${words}\n`;
}

export function unguardLine(group: number): string {
	return `-${group}\n`;
}

/** What a shell can set, and what does not change how it reads. */
function isVariable(name: string): boolean {
	return (
		/^[A-Za-z_]\w*$/.test(name) &&
		!/^(IFS|PPID|E?UID|PS4|OPTIND|BASHOPTS|SHELLOPTS|BASH_VERSINFO)$/.test(name)
	);
}

/** One word for the shell, on one line. */
function quote(word: string): string {
	const inner = word.replaceAll("'", `'\\''`).replaceAll("\n", `'"$newline"'`);
	return `'${inner}'`;
}
