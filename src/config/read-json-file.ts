import { readFile, stat } from "node:fs/promises";
import type { ValueNode } from "@humanwhocodes/momoa";
import { notLoadable } from "./load-config.ts";
import { type Path, pathText } from "./path-text.ts";

type Place = { line: number; column: number };

/** No config is larger, and what is takes memory by the hundredfold. */
const mostBytes = 8 * 2 ** 20;

/** What a JSON file says, and where. */
export interface JsonFile {
	readonly value: unknown;
	/** Where the member of an object or array begins, as `line:column`; for those of `value` only. */
	placeOf(object: object, key: string | number): string | undefined;
	/** A line for each name that stands twice in one object; the last counts. */
	readonly duplicates: readonly string[];
}

/**
 * Reads JSON as hosts allow it in their files: with comments, commas before a
 * closing bracket, and in UTF-8 or, as Windows editors write it, UTF-16.
 *
 * @param path absolute
 * @throws {ConfigError} `CONFIG_NOT_LOADABLE`
 */
export async function readJsonFile(path: string): Promise<JsonFile> {
	const unreadable = (cause: Error) => {
		throw notLoadable(path, cause.message, cause);
	};
	const { size } = await stat(path).catch(unreadable);
	if (size > mostBytes)
		throw notLoadable(
			path,
			`it has ${size} bytes, more than ${mostBytes} (is it the right file?)`,
		);
	const bytes = await readFile(path).catch(unreadable);
	const text = decode(bytes, path);
	const { parse, tokenize } = await import("@humanwhocodes/momoa");
	const mode = "jsonc";
	try {
		return evaluate(parse(text, { mode, allowTrailingCommas: true }).body);
	} catch (cause) {
		if (cause instanceof RangeError)
			throw notLoadable(path, "it is nested too deep", cause);
		const { line, column } = cause as Place;
		// The messages of the parser name no more than one character, so no secret of the file.
		const message = (cause as Error).message.replace(/\.? \(\d+:\d+\)$/, "");
		if (line === undefined) throw notLoadable(path, message, cause);
		const brackets = bracketsOf(text, () => tokenize(text, { mode }));
		if (brackets.isEmpty) throw notLoadable(path, "it is empty", cause);
		const { open } = brackets;
		const hint = open ? `; the ${open} is not closed` : "";
		const where = `(correct line ${line}, column ${column}${hint})`;
		throw notLoadable(path, `it is not JSON: ${message} ${where}`, cause);
	}
}

function decode(bytes: Buffer, path: string): string {
	const [first, second] = bytes;
	const isLittle = (first === 0xff && second === 0xfe) || second === 0;
	const isBig = (first === 0xfe && second === 0xff) || first === 0;
	if (isBig && bytes.length % 2 === 0) bytes.swap16();
	if (isBig || isLittle) return withoutMark(bytes.toString("utf16le"));
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch (cause) {
		throw notLoadable(path, "it is not UTF-8 (save it as such)", cause);
	}
}

function withoutMark(text: string): string {
	return text.replace(/^\uFEFF/, "");
}

/** Whether a text holds no more than comments, and the last bracket in it that is opened and not closed. */
function bracketsOf(
	text: string,
	split: () => { type: string; loc: { start: Place & { offset: number } } }[],
): { isEmpty: boolean; open: string | undefined } {
	const open: string[] = [];
	let isEmpty = true;
	try {
		for (const { type, loc } of split()) {
			const { line, column, offset } = loc.start;
			if (!type.endsWith("Comment")) isEmpty = false;
			if (type === "LBrace" || type === "LBracket")
				open.push(`${text[offset]} of line ${line}, column ${column}`);
			else if (type === "RBrace" || type === "RBracket") open.pop();
		}
		return { isEmpty, open: open.at(-1) };
	} catch {
		// It cannot be split.
		return { isEmpty: false, open: undefined };
	}
}

function evaluate(body: ValueNode): JsonFile {
	const places = new WeakMap<object, Map<string | number, string>>();
	const duplicates: string[] = [];
	const read = (node: ValueNode, path: Path): unknown => {
		switch (node.type) {
			case "Object": {
				const members = new Map<string, unknown>();
				const own = new Map<string, string>();
				for (const { name, value } of node.members) {
					const key = name.type === "String" ? name.value : name.name;
					const place = placeText(name.loc.start);
					const before = own.get(key);
					const inside = [...path, key];
					if (before !== undefined)
						duplicates.push(
							`${pathText(inside)}: stands at ${before} and at ${place}, the latter counts`,
						);
					own.set(key, place);
					members.set(key, read(value, inside));
				}
				const object = Object.fromEntries(members);
				places.set(object, own);
				return object;
			}
			case "Array": {
				const own = new Map<number, string>();
				const array = node.elements.map(({ value }, index) => {
					own.set(index, placeText(value.loc.start));
					return read(value, [...path, index]);
				});
				places.set(array, own);
				return array;
			}
			case "String":
			case "Number":
			case "Boolean":
				return node.value;
			case "Null":
				return null;
			default:
				// NaN and Infinity are JSON5.
				throw new Error(`it holds a ${node.type}, which is not JSON`);
		}
	};
	const value = read(body, []);
	return {
		value,
		duplicates,
		placeOf: (object, key) => places.get(object)?.get(key),
	};
}

function placeText({ line, column }: Place): string {
	return `${line}:${column}`;
}
