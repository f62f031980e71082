import { decodeHeader, type Header, headerMismatch } from "./headers.ts";
import { ExactNumber, isSameNumber } from "./json.ts";
import { type ErrorObject, isMembers } from "./messages.ts";

/** A parameter of a tool that its callers mirror in a header. */
export interface MirroredParameter {
	/** Name of the header, in lower case. */
	header: string;
	/** The keys that lead to the value in `arguments`. */
	path: readonly string[];
	type: "string" | "integer" | "boolean";
}

/** What one tool wants mirrored, or why nobody can say. */
export type Mirrored =
	| { parameters: readonly MirroredParameter[] }
	| { error: ErrorObject };

const mirroredTypes: readonly unknown[] = ["string", "integer", "boolean"];
/** Other ways of writing a number are read otherwise by others on the way. */
const decimal = /^-?\d+(\.\d+)?$/;
/** In front of a number they say nothing, and JSON has them not. */
const zeros = /^(-?)0+(?=\d)/;
/** RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The parameters that a tool marks with `x-mcp-header` (2026-07-28,
 * basic/transports/streamable-http, 'Schema Extension'). Only what stands under
 * a chain of `properties` counts. A mark that breaks the rules is none:
 * clients have to leave such a tool out altogether.
 */
export function mirroredParameters(inputSchema: unknown): MirroredParameter[] {
	const found: MirroredParameter[] = [];
	collect(inputSchema, [], found);
	const names = found.map(({ header }) => header);
	return found.filter(
		({ header }) => names.indexOf(header) === names.lastIndexOf(header),
	);
}

function collect(
	schema: unknown,
	path: readonly string[],
	found: MirroredParameter[],
): void {
	if (!isMembers(schema) || !isMembers(schema.properties)) return;
	for (const [key, property] of Object.entries(schema.properties)) {
		if (!isMembers(property)) continue;
		const own = [...path, key];
		const { "x-mcp-header": name, type } = property;
		if (typeof name === "string" && token.test(name) && isMirrored(type)) {
			found.push({
				header: `mcp-param-${name.toLowerCase()}`,
				path: own,
				type,
			});
		}
		collect(property, own, found);
	}
}

function isMirrored(type: unknown): type is MirroredParameter["type"] {
	return mirroredTypes.includes(type);
}

/** False for a call that mirrors nothing and has nothing to mirror, so that it is right whatever its tool's parameters are. */
export function hasMirrorable(args: unknown, headers: Headers): boolean {
	const hasValue =
		isMembers(args) && Object.values(args).some((value) => value !== null);
	return (
		hasValue ||
		[...headers.keys()].some((name) => name.startsWith("mcp-param-"))
	);
}

/**
 * The error for a call whose `Mcp-Param-…` headers do not mirror its arguments;
 * undefined where they do ('Server Behavior for Custom Headers').
 */
export function refuseParameters(
	parameters: readonly MirroredParameter[],
	args: unknown,
	header: Header,
): ErrorObject | undefined {
	for (const parameter of parameters) {
		const refusal = refuseParameter(
			parameter,
			valueAt(args, parameter.path),
			header(parameter.header),
		);
		if (refusal) return refusal;
	}
	return undefined;
}

function refuseParameter(
	{ header: name, path, type }: MirroredParameter,
	value: unknown,
	header: string | undefined,
): ErrorObject | undefined {
	const argument = `the argument "${path.join(".")}"`;
	if (value === undefined || value === null) {
		return header === undefined
			? undefined
			: headerMismatch(`the header ${name} is given, ${argument} is not`);
	}
	if (header === undefined) {
		return headerMismatch(`the header ${name} for ${argument} is missing`);
	}
	const decoded = decodeHeader(header.trim());
	if (decoded === undefined) {
		return headerMismatch(`the header ${name} is no valid value: "${header}"`);
	}
	const isNumber = typeof value === "number" || value instanceof ExactNumber;
	const matches =
		type === "integer" && isNumber && decimal.test(decoded)
			? isSameNumber(new ExactNumber(decoded.replace(zeros, "$1")), value)
			: (isNumber || typeof value !== "object") && decoded === String(value);
	return matches
		? undefined
		: headerMismatch(`the header ${name} is not what ${argument} says`);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
	let current = value;
	for (const key of path) {
		if (!isMembers(current) || !Object.hasOwn(current, key)) return undefined;
		current = current[key];
	}
	return current;
}

/** The marked parameters of each of the tools that has any. */
export function mirroredByTool(
	tools: readonly unknown[],
): [tool: string, parameters: MirroredParameter[]][] {
	return tools.flatMap((tool) => {
		if (!isMembers(tool) || typeof tool.name !== "string") return [];
		const parameters = mirroredParameters(tool.inputSchema);
		return parameters.length > 0 ? [[tool.name, parameters] as const] : [];
	}) as [string, MirroredParameter[]][];
}
