/** A word of a command: quoted parts, escaped characters and others, without a space in between. */
const word = /(?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^\s'"\\])+/y;
const part = /'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])|([^\s'"\\]+)/g;

/**
 * The words of a command that stands in one text, as a POSIX shell and Python's `shlex.split` cut it: quotes and
 * backslashes, but no variables, no patterns, no operators. Undefined where a quote is not closed, or nothing follows a
 * backslash.
 */
export function splitCommand(text: string): string[] | undefined {
	const words: string[] = [];
	let at = 0;
	while (true) {
		at += text.slice(at).search(/\S|$/);
		if (at === text.length) return words;
		word.lastIndex = at;
		const found = word.exec(text)?.[0];
		if (found === undefined) return undefined;
		words.push(unquoted(found));
		at += found.length;
	}
}

function unquoted(text: string): string {
	return text.replace(
		part,
		(_, single?: string, double?: string, escaped?: string, plain?: string) =>
			// Inside double quotes a backslash escapes these two only.
			single ?? double?.replace(/\\(["\\])/g, "$1") ?? escaped ?? plain ?? "",
	);
}
