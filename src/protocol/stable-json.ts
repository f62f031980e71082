import { printJson } from "./json.ts";
import { isMembers } from "./messages.ts";

/** JSON in which the order of an object's members makes no difference. */
export function stableJson(value: unknown): string {
	return printJson(sorted(value));
}

function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (!isMembers(value)) return value;
	const entries = Object.entries(value).sort(byKey);
	return Object.fromEntries(
		entries.map(([key, inner]) => [key, sorted(inner)]),
	);
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
	return a < b ? -1 : 1;
}
