/** A reference to an environment variable inside a text. */
export interface Variable {
	readonly name: string;
	readonly fallback: string | undefined;
}

/** Where the config file stands, VS Code's `${workspaceFolder}`. */
export const configFolder = Symbol("the folder of the config file");

/** A text in pieces: what is written as it is, and what stands for something else. */
export type TextPart = string | Variable | typeof configFolder;

export interface SplitOptions {
	/** Whether `$NAME` is a variable too: not where a shell reads the text. */
	readonly bare: boolean;
	/** The defaults of VS Code's inputs, by their ids. */
	readonly inputs: ReadonlyMap<string, string>;
}

/** Characters of a variable's name: what is longer is none. */
const longestName = 256;

const constants = new Map<string, TextPart>([
	["userHome", { name: "HOME", fallback: undefined }],
	["workspaceFolder", configFolder],
	["workspaceRoot", configFolder],
	["pathSeparator", "/"],
	["/", "/"],
]);

/**
 * A text with its variables as parts of their own: `${NAME}`, `${NAME:-default}`, `${env:NAME}`, `$NAME` in capitals
 * that does not follow a word, `~/` at the beginning, and the hosts' `${userHome}`, `${workspaceFolder}`,
 * `${pathSeparator}` and `${input:id}`, which is the variable `INPUT_ID`. Any other `${…}` is text.
 */
export function splitVariables(
	text: string,
	options: SplitOptions,
): TextPart[] {
	const parts: TextPart[] = [];
	let end = 0;
	const add = (part: TextPart, from: number, to: number) => {
		if (from > end) parts.push(text.slice(end, from));
		parts.push(part);
		end = to;
	};
	if (/^~(\/|$)/.test(text)) add({ name: "HOME", fallback: undefined }, 0, 1);
	// The next one is looked for once, however many are open before it.
	let close = -1;
	for (const { 0: match, index } of text.matchAll(
		/\$\{|(?<![\w$])\$[A-Z_][A-Z0-9_]+(?![A-Za-z0-9_])/g,
	)) {
		if (index < end) continue;
		if (match !== "${") {
			const variable = { name: match.slice(1), fallback: undefined };
			if (options.bare) add(variable, index, index + match.length);
			continue;
		}
		if (close < index) {
			const next = text.indexOf("}", index);
			close = next === -1 ? Number.POSITIVE_INFINITY : next;
		}
		if (close > text.length) continue;
		const part = reference(text.slice(index + 2, close), options.inputs);
		if (part !== undefined) add(part, index, close + 1);
	}
	if (end < text.length) parts.push(text.slice(end));
	return parts;
}

/** What stands between `${` and `}`; undefined where that is no reference. */
function reference(
	inner: string,
	inputs: ReadonlyMap<string, string>,
): TextPart | undefined {
	// To look a long text up would cost its length, each time.
	const constant = inner.length < 32 ? constants.get(inner) : undefined;
	if (constant !== undefined) return constant;
	if (inner.startsWith("workspaceFolder:")) return configFolder;
	if (inner.startsWith("input:") && inner.length < longestName) {
		const id = inner.slice("input:".length);
		const name = `INPUT_${id.replace(/[^A-Za-z0-9]+/g, "_").toUpperCase()}`;
		return { name, fallback: inputs.get(id) };
	}
	const match =
		/^(?:env:)?([A-Za-z_][A-Za-z0-9_]{0,255})(?::-([\s\S]*))?$/.exec(inner);
	if (!match) return undefined;
	const [, name = "", fallback] = match;
	return { name, fallback };
}

/** A reference that only the host the file was written for can resolve, such as VS Code's `${config:editor.tabSize}`. */
export function hostVariable(text: string): string | undefined {
	return /\$\{(?:(?:command|config|extensionInstallFolder):[^{}]*|workspaceFolderBasename)\}/.exec(
		text,
	)?.[0];
}

/** The text of the parts, and the names of those variables that are not set and have no default. */
export function joinParts(
	parts: readonly TextPart[],
	folder: string,
	read: (name: string) => string | undefined,
): { text: string; unset: string[] } {
	const unset: string[] = [];
	const texts = parts.map((part) => {
		if (typeof part === "string") return part;
		if (part === configFolder) return folder;
		const value = read(part.name) ?? part.fallback;
		if (value === undefined) unset.push(part.name);
		return value ?? "";
	});
	return { text: texts.join(""), unset };
}
