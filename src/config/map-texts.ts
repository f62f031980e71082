import { type Path, pathText } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";

/** A copy of plain data in which every string is what `change` gives for it; keys stay. */
export function mapTexts(
	value: unknown,
	path: Path,
	change: (text: string, path: string) => string,
): unknown {
	if (typeof value === "string") return change(value, pathText(path));
	if (Array.isArray(value))
		return value.map((item, index) => mapTexts(item, [...path, index], change));
	if (!isPlainObject(value)) return value;
	// Not by assignment: a key may be "__proto__".
	return Object.fromEntries(
		Object.entries(value).map(([key, item]) => [
			key,
			mapTexts(item, [...path, key], change),
		]),
	);
}
