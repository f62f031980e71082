import { ExactJson } from "./json.ts";

/** How deep objects and arrays of a message may lie in each other: JSON.parse goes deeper than JSON.stringify, and than all that walks through them. */
export const maxLevels = 1000;

/**
 * Whether a parsed message is nested deeper than that.
 *
 * @param text what it was parsed from
 */
export function isNestedTooDeep(value: unknown, text: string): boolean {
	// Each level takes two brackets.
	return text.length > 2 * maxLevels && isDeeper(value, maxLevels);
}

function isDeeper(value: unknown, levels: number): boolean {
	if (typeof value !== "object" || value === null) return false;
	if (value instanceof ExactJson) return false;
	if (levels === 0) return true;
	return Object.values(value).some((member) => isDeeper(member, levels - 1));
}
