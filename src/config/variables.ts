/** A reference to an environment variable inside a text. */
export interface Variable {
	readonly name: string;
	readonly fallback: string | undefined;
}

const reference = /\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** A text with `${NAME}`, `${NAME:-default}` and `${env:NAME}` as its parts; any other `${…}` is text. */
export function splitVariables(text: string): (string | Variable)[] {
	const parts: (string | Variable)[] = [];
	let end = 0;
	for (const match of text.matchAll(reference)) {
		if (match.index > end) parts.push(text.slice(end, match.index));
		parts.push({ name: match[1] ?? "", fallback: match[2] });
		end = match.index + match[0].length;
	}
	if (end < text.length) parts.push(text.slice(end));
	return parts;
}

/** A reference that only the host the file was written for can resolve, such as VS Code's `${input:token}`. */
export function hostVariable(text: string): string | undefined {
	return /\$\{(?:input|command|config):[^}]*\}/.exec(text)?.[0];
}

/** The text with its variables replaced, and the names of those that are not set and have no default. */
export function expandVariables(
	text: string,
	read: (name: string) => string | undefined,
): { text: string; unset: string[] } {
	const unset: string[] = [];
	const parts = splitVariables(text).map((part) => {
		if (typeof part === "string") return part;
		const value = read(part.name) ?? part.fallback;
		if (value === undefined) unset.push(part.name);
		return value ?? "";
	});
	return { text: parts.join(""), unset };
}
