/** A command is looked at no further where it has more characters than that: no person has written it. */
const mostCharacters = 8192;

/** Whether what is known of commands can be held against this one: the patterns that do it are not made for any length. */
export function isReadable(
	command: string,
	args: readonly string[] = [],
): boolean {
	let length = command.length;
	for (const arg of args) {
		if (length > mostCharacters) break;
		// An empty one costs time too.
		length += arg.length + 1;
	}
	return length <= mostCharacters;
}
