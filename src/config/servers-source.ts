import { type Advice, type AdvisedOptions, adviceFor } from "./advice.ts";
import { commandHints } from "./command-hints.ts";
import { type Problem, problemLine } from "./config-error.ts";
import { dockerCommand } from "./docker-command.ts";
import { mapTexts } from "./map-texts.ts";
import type { NamedFile } from "./named-entries.ts";
import { expandedKeys, type NamedEntry } from "./named-entry.ts";
import { splitOptions } from "./named-servers.ts";
import { isPlainObject } from "./plain-object.ts";
import type { ServerInput } from "./server-input.ts";
import {
	configFolder,
	splitVariables,
	type TextPart,
	type Variable,
} from "./variables.ts";

const lineWidth = 80;
const tabWidth = 2;
/** Of a comment that is broken into lines, without what it is indented by. */
const commentWidth = 96;
/** Of what stands in front of an entry's lines. */
const outerWidth = 2 * tabWidth;

/** How a string is written: as it is, or with its variables as calls of `env`. */
type TextSource = (text: string) => string;

/** An entry of a JSON file, and what keeps it from being served. */
export interface SourceEntry {
	readonly entry: NamedEntry;
	readonly problems: readonly Problem[];
}

/**
 * The text of a `servers.ts` with these entries, the comments first. An entry with problems is a comment; any other
 * gets the options that are known to be right for its server, and as comments what may be wrong with it.
 */
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
			const advice = problems.length === 0 ? adviceOf(entry) : undefined;
			const lines = entrySource(entry, file, advice);
			const remarks = [...entry.warnings, ...problems.map(problemLine)];
			const hints = advice
				? [
						...hintsOf(entry, file),
						...advice.hints,
						...ownChoices(advice, entry),
					]
				: [];
			return [
				...remarks.map((remark) => `\t\t${commentSource(remark)}`),
				...hints.flatMap(sentenceSource).map((line) => `\t\t${line}`),
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

/** Of an entry without problems, whose values are those of a server. */
function adviceOf({ input }: NamedEntry): Advice {
	return adviceFor(input as ServerInput);
}

/** What may be wrong with the command of an entry without problems. */
function hintsOf({ input }: NamedEntry, file: NamedFile): string[] {
	const options = Object(input) as Record<string, unknown>;
	// What a variable stands for is not known here.
	const known = Object.fromEntries(
		["command", "args", "env"].map((key) => [
			key,
			mapTexts(options[key], [], (text) => {
				const parts = splitVariables(text, splitOptions(options, key, file));
				return parts
					.map((part) => (typeof part === "string" ? part : "x"))
					.join("");
			}),
		]),
	);
	const { command, args = [], env = {} } = known as unknown as ServerInput;
	const { inheritEnv = [] } = input as ServerInput;
	const passed = dockerCommand([command, ...args])?.passed ?? [];
	const names = inheritEnv === true ? passed : inheritEnv;
	return commandHints({
		command,
		args,
		env: env as Record<string, string>,
		inherited: Object.fromEntries(names.map((name) => [name, "x"])),
	});
}

/** The lines of an entry, not indented. */
function entrySource(
	{ name, input }: NamedEntry,
	file: NamedFile,
	advice: Advice | undefined,
): string[] {
	if (!isPlainObject(input)) return [];
	const members = Object.entries(input).map(([key, value]) => {
		const options = splitOptions(input, key, file);
		const text = expandedKeys.includes(key)
			? (text: string) => partsSource(splitVariables(text, options))
			: (text: string) => JSON.stringify(text);
		return memberSource(key, value, 1, text);
	});
	const advised = advice ? advisedSource(advice, input) : [];
	return [`${keySource(name)}: {`, ...members, ...advised, "},"]
		.join("\n")
		.split("\n");
}

/** Of what is advised, that which the entry says otherwise itself, at its default. */
function ownChoices({ set, reasons }: Advice, { input }: NamedEntry): string[] {
	const keys = Object.keys(set) as (keyof AdvisedOptions)[];
	return keys
		.filter((key) => Object(input)[key] !== undefined)
		.map((key) => `set ${key} to ${JSON.stringify(set[key])}: ${reasons[key]}`);
}

/** The options that the entry does not have itself, each with its reason. */
function advisedSource(
	{ set, reasons }: Advice,
	input: Record<string, unknown>,
): string[] {
	const keys = Object.keys(set) as (keyof AdvisedOptions)[];
	return keys
		.filter((key) => input[key] === undefined)
		.flatMap((key) => [
			...sentenceSource(reasons[key] ?? "").map((line) => `\t${line}`),
			`\t${key}: ${digitsGrouped(JSON.stringify(set[key]))},`,
		]);
}

function digitsGrouped(text: string): string {
	return text.length < 5 ? text : text.replace(/\d(?=(\d{3})+$)/g, "$&_");
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

/** The lines of a comment that holds one sentence: all but the first are indented. */
function sentenceSource(text: string): string[] {
	const lines: string[] = [];
	let line = "//";
	for (const word of `${text.charAt(0).toUpperCase()}${text.slice(1)}`.split(
		/\s+/,
	)) {
		if (line.length + 1 + word.length > commentWidth) {
			lines.push(line);
			line = "//  ";
		}
		line += ` ${word}`;
	}
	return [...lines, line];
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
