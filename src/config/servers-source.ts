import { mapTexts } from "./map-texts.ts";
import { expandedKeys, type NamedEntry } from "./named-entries.ts";
import { isPlainObject } from "./plain-object.ts";
import { splitVariables, type Variable } from "./variables.ts";

const lineWidth = 80;
const tabWidth = 2;

/** How a string is written: as it is, or with its variables as calls of `env`. */
type TextSource = (text: string) => string;

/** The text of a `servers.ts` with these entries, the comments first. */
export function serversSource(
	entries: readonly NamedEntry[],
	comments: readonly string[],
): string {
	const names = entries.some(usesVariables)
		? "defineServers, env"
		: "defineServers";
	return [
		...comments.map(commentSource),
		`import { ${names} } from "mcp-edge-bridge";`,
		"",
		"export default defineServers({",
		"\tservers: {",
		...entries.flatMap(({ name, input, warnings }) => [
			...warnings.map((warning) => `\t\t${commentSource(warning)}`),
			`\t\t${keySource(name)}: ${entrySource(input)},`,
		]),
		"\t},",
		"});",
		"",
	].join("\n");
}

function entrySource(input: unknown): string {
	const members = Object.entries(input as object).map(([key, value]) => {
		const text = expandedKeys.includes(key) ? variableSource : JSON.stringify;
		return memberSource(key, value, 3, text);
	});
	return ["{", ...members, "\t\t}"].join("\n");
}

function memberSource(
	key: string,
	value: unknown,
	depth: number,
	text: TextSource,
): string {
	const start = `${"\t".repeat(depth)}${keySource(key)}: `;
	const column = start.length + depth * (tabWidth - 1);
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

function variableSource(text: string): string {
	const parts = splitVariables(text);
	const [first] = parts;
	if (parts.every((part) => typeof part === "string"))
		return JSON.stringify(text);
	if (parts.length === 1 && typeof first === "object") return callSource(first);
	const inner = parts.map((part) =>
		typeof part === "string" ? templateSource(part) : `\${${callSource(part)}}`,
	);
	return `\`${inner.join("")}\``;
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

function usesVariables({ input }: NamedEntry): boolean {
	let found = false;
	for (const key of expandedKeys)
		mapTexts((input as Record<string, unknown>)[key], [], (text) => {
			found ||= splitVariables(text).some((part) => typeof part === "object");
			return text;
		});
	return found;
}
