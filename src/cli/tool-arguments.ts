import { closestName } from "../config/closest-name.ts";
import { ExactNumber, parseJson } from "../protocol/json.ts";
import { isMembers, type Members } from "../protocol/messages.ts";
import { CommandError } from "./command-error.ts";

/**
 * The arguments of a tool as its caller wrote them on the command line: one
 * JSON object, or `key=value` words, whose values get the type that the tool's
 * `inputSchema` says. Numbers keep their text.
 *
 * @param schema the tool's `inputSchema`; only looked at for `key=value`
 * @throws {CommandError} where they are neither, or a value is not of its type
 */
export function toolArguments(
	words: readonly string[],
	schema: unknown,
): Members {
	const [first = "{}", ...more] = words;
	if (more.length === 0 && /^\s*[{[]/.test(first)) return jsonArguments(first);
	const declared = isMembers(schema) ? schema : {};
	const properties = isMembers(declared.properties) ? declared.properties : {};
	return Object.fromEntries(
		words.map((word) => {
			const at = word.indexOf("=");
			if (at < 1) {
				throw invalid(
					`"${word}" is neither a JSON object nor key=value (put quotes around JSON for your shell)`,
				);
			}
			const name = word.slice(0, at);
			const isKnown = Object.hasOwn(properties, name);
			if (!isKnown && declared.additionalProperties === false) {
				throw invalid(unknownName(name, Object.keys(properties)));
			}
			const property = isKnown ? properties[name] : undefined;
			return [name, typed(word.slice(at + 1), name, property)];
		}),
	);
}

/** Whether {@link toolArguments} has to know the tool's schema for these words. */
export function needsSchema(words: readonly string[]): boolean {
	return (
		words.length > 1 ||
		(words[0]?.includes("=") && !/^\s*[{[]/.test(words[0])) === true
	);
}

function jsonArguments(text: string): Members {
	let value: unknown;
	try {
		value = parseJson(text);
	} catch (error) {
		throw invalid(`they are no JSON: ${(error as Error).message}`);
	}
	if (isMembers(value)) return value;
	throw invalid("a tool takes a JSON object, { … }");
}

/** What a text means where a property of this schema is expected. */
function typed(text: string, name: string, schema: unknown): unknown {
	const types = typesOf(schema);
	if (types.includes("string")) return text;
	const value = jsonOf(text);
	// What has no type may be anything: JSON where it is JSON.
	if (types.length === 0) return value === undefined ? text : value;
	if (types.some((type) => isOfType(value, text, type))) return value;
	throw invalid(
		`"${name}" takes ${types.join(" or ")}, and ${JSON.stringify(text)} is none`,
	);
}

function typesOf(schema: unknown): string[] {
	if (!isMembers(schema)) return [];
	const { type, anyOf, oneOf } = schema;
	const own = [type].flat().filter((each) => typeof each === "string");
	const choices = [anyOf, oneOf].filter(Array.isArray).flat();
	return [...own, ...choices.flatMap(typesOf)];
}

function isOfType(value: unknown, text: string, type: string): boolean {
	switch (type) {
		case "integer":
			return isNumber(value) && /^-?\d+$/.test(text.trim());
		case "number":
			return isNumber(value);
		case "boolean":
			return typeof value === "boolean";
		case "null":
			return value === null;
		case "array":
			return /^\s*\[/.test(text) && value !== undefined;
		default:
			return type === "object" && isMembers(value);
	}
}

function isNumber(value: unknown): boolean {
	return typeof value === "number" || value instanceof ExactNumber;
}

function jsonOf(text: string): unknown {
	try {
		return parseJson(text);
	} catch {
		return undefined;
	}
}

function unknownName(name: string, names: readonly string[]): string {
	const closest = closestName(name, names);
	const hint = closest === undefined ? "" : `did you mean "${closest}"? `;
	return `the tool has no "${name}" (${hint}it takes: ${names.join(", ") || "nothing"})`;
}

function invalid(reason: string): CommandError {
	return new CommandError(
		"ARGUMENTS_INVALID",
		`Cannot use the arguments: ${reason}`,
	);
}
