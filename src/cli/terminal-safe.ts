/** What a terminal may obey and JSON does not escape: DEL and C1 controls, separators of lines, marks that turn the direction of text. */
const unescaped =
	/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** An escape of JSON; its first group is what becomes a control character when it is read, but for a line that is indented. */
const escapes = /\\(?:n(?= {2})|["\\/t]|(u[\da-f]{4}|[nrbf]))/gi;

/** A line of JSON in which nothing stands that a terminal obeys; it says the same. */
export function escapedJson(line: string): string {
	return line.replace(
		unescaped,
		(character) =>
			`\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/**
 * A line of JSON whose texts can be printed on a terminal: control characters
 * in them, which children and clients may have put there to forge lines or to
 * paint, are the text of their escapes. Only a line that is indented may follow
 * another: that is how stack traces and lists of problems go.
 */
export function printableJson(line: string): string {
	return escapedJson(line).replace(escapes, (text, control) =>
		control === undefined ? text : `\\${text}`,
	);
}
