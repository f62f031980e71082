import { type Problem, problemLine } from "./config-error.ts";
import { mapTexts } from "./map-texts.ts";
import type { NamedFile } from "./named-entries.ts";
import { expandedKeys, type NamedEntry } from "./named-entry.ts";
import { splitOptions } from "./named-servers.ts";
import { isPlainObject } from "./plain-object.ts";
import {
	configFolder,
	splitVariables,
	type TextPart,
	type Variable,
} from "./variables.ts";

const lineWidth = 80;
const tabWidth = 2;
/** Of what stands in front of an entry's lines. */
const outerWidth = 2 * tabWidth;

/** How a string is written: as it is, or with its variables as calls of `env`. */
type TextSource = (text: string) => string;

/** An entry of a JSON file, and what keeps it from being served. */
export interface SourceEntry {
	readonly entry: NamedEntry;
	readonly problems: readonly Problem[];
}

/** The text of a `servers.ts` with these entries, the comments first. An entry with problems is a comment. */
export function serversSource(
	entries: readonly SourceEntry[],
	file: NamedFile,
	comments: readonly string[],
): string {
	const used = entries.filter(({ problems }) => problems.length === 0);
	const names = used.some(({ entry }) => usesVariables(entry, file))
		? "defineServers, env"
		: "defineServers";
	return [
		...comments.map(commentSource),
		`import { ${names} } from "mcp-edge-bridge";`,
		"",
		"export default defineServers({",
		"\tservers: {",
		...entries.flatMap(({ entry, problems }) => {
			const lines = entrySource(entry, file);
			const remarks = [...entry.warnings, ...problems.map(problemLine)];
			return [
				...remarks.map((remark) => `\t\t${commentSource(remark)}`),
				...(problems.length === 0
					? lines.map((line) => `\t\t${line}`)
					: lines.map((line) => `\t\t${commentSource(line)}`)),
			];
		}),
		"\t},",
		"});",
		"",
	].join("\n");
}

/** The lines of an entry, not indented. */
function entrySource({ name, input }: NamedEntry, file: NamedFile): string[] {
	if (!isPlainObject(input)) return [];
	const members = Object.entries(input).map(([key, value]) => {
		const options = splitOptions(input, key, file);
		const text = expandedKeys.includes(key)
			? (text: string) => partsSource(splitVariables(text, options))
			: (text: string) => JSON.stringify(text);
		return memberSource(key, value, 1, text);
	});
	return [`${keySource(name)}: {`, ...members, "},"].join("\n").split("\n");
}

function memberSource(
	key: string,
	value: unknown,
	depth: number,
	text: TextSource,
): string {
	const start = `${"\t".repeat(depth)}${keySource(key)}: `;
	const column = start.length + depth * (tabWidth - 1) + outerWidth;
	return `${start}${valueSource(value, depth, column, text)},`;
}

function valueSource(
	value: unknown,
	depth: number,
	column: number,
	text: TextSource,
): string {
	if (typeof value === "string") return text(value);
	const close = "\t".repeat(depth);
	if (Array.isArray(value)) {
		const items = value.map((item) => valueSource(item, depth + 1, 0, text));
		const line = `[${items.join(", ")}]`;
		if (column + line.length < lineWidth) return line;
		return [
			"[",
			...items.map((item) => `${close}\t${item},`),
			`${close}]`,
		].join("\n");
	}
	if (!isPlainObject(value)) return JSON.stringify(value);
	const members = Object.entries(value).map(([key, item]) =>
		memberSource(key, item, depth + 1, text),
	);
	return members.length === 0
		? "{}"
		: ["{", ...members, `${close}}`].join("\n");
}

function keySource(key: string): string {
	// Written as a plain key it would set the prototype.
	if (key === "__proto__") return '["__proto__"]';
	return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

function partsSource(parts: readonly TextPart[]): string {
	const [first] = parts;
	if (parts.every((part) => typeof part === "string"))
		return JSON.stringify(parts.join(""));
	if (parts.length === 1 && first !== undefined && typeof first !== "string")
		return expressionSource(first);
	const inner = parts.map((part) =>
		typeof part === "string"
			? templateSource(part)
			: `\${${expressionSource(part)}}`,
	);
	return `\`${inner.join("")}\``;
}

function expressionSource(part: Exclude<TextPart, string>): string {
	return part === configFolder ? "import.meta.dirname" : callSource(part);
}

function callSource({ name, fallback }: Variable): string {
	const values = fallback === undefined ? [name] : [name, fallback];
	return `env(${values.map((value) => JSON.stringify(value)).join(", ")})`;
}

/** A text between backquotes: JSON's escapes are valid there, quotes need none. */
function templateSource(text: string): string {
	return JSON.stringify(text)
		.slice(1, -1)
		.replace(/\\"|\\.|`|\$\{/g, (match) => {
			if (match === '\\"') return '"';
			return match.startsWith("\\") ? match : `\\${match}`;
		});
}

function commentSource(text: string): string {
	// Each of these ends a line comment.
	return `// ${text.replace(/[\n\r\u2028\u2029]+/g, " ")}`;
}

function usesVariables({ input }: NamedEntry, file: NamedFile): boolean {
	let found = false;
	for (const [key, value] of Object.entries(Object(input))) {
		if (!expandedKeys.includes(key)) continue;
		const options = splitOptions(Object(input), key, file);
		mapTexts(value, [], (text) => {
			found ||= splitVariables(text, options).some(
				(part) => typeof part === "object",
			);
			return text;
		});
	}
	return found;
}
