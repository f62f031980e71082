import type * as v from "valibot";
import { bridgeSchema, serverSchema } from "../../src/config/schema.ts";
import { markdownTable } from "./markdown-table.ts";
import { type DocumentedOption, readOptions } from "./read-options.ts";

type Entries = Readonly<Record<string, v.GenericSchema>>;

/** What the schemas check, by option. */
export const optionSchemas: Entries = {
	...bridgeSchema.entries,
	...serverSchema.entries,
};

/** The table of an interface's options, for docs/configuration.md. */
export function optionTable(interfaceName: string): string {
	return markdownTable(
		["option", "type", "default", "what it does", "danger"],
		readOptions(interfaceName).map((option) => [
			`\`${option.name}\``,
			typeCell(option),
			defaultCell(option),
			`${option.summary}${seeCell(option)}`,
			option.danger ?? "",
		]),
	);
}

function typeCell({ name, type }: DocumentedOption): string {
	if (type !== "number") return `\`${type}\``;
	const unit = /(Ms|Bytes)$/.exec(name)?.[1];
	const range = rangeOf(optionSchemas[name]);
	return unit === undefined ? range : `${range}, ${unit.toLowerCase()}`;
}

/** What the schema says about a number. */
function rangeOf(schema: unknown): string {
	const { wrapped } = schema as { wrapped: { pipe: Action[] } };
	const requirement = (type: string) =>
		wrapped.pipe.find((action) => action.type === type)?.requirement;
	const min = requirement("min_value") ?? 0;
	const max = requirement("max_value") ?? Number.POSITIVE_INFINITY;
	// Beyond it timers do not work, which no table has to say.
	return max < 2 ** 31 - 1
		? `integer from ${min} to ${withCommas(max)}`
		: `integer from ${min}`;
}

interface Action {
	readonly type: string;
	readonly requirement?: number;
}

function defaultCell({ isRequired, defaultValue }: DocumentedOption): string {
	if (isRequired) return "required";
	// Digits are grouped as prose has them.
	return (defaultValue ?? "").replace(/^`([\d_]+)`/, (_, digits: string) =>
		withCommas(Number(digits.replaceAll("_", ""))),
	);
}

function seeCell({ see }: DocumentedOption): string {
	if (see === undefined) return "";
	return ` [More](${see.replace(/^docs\/(configuration\.md(?=#))?/, "")})`;
}

function withCommas(value: number): string {
	return value.toLocaleString("en-US");
}
