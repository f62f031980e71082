/**
 * Whether a value is an object as a literal or JSON.parse makes it.
 * `{ __proto__: {…} }` is none: the entry meant would vanish without a word.
 */
export function isPlainObject(
	value: unknown,
): value is Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		return false;
	const prototype = Object.getPrototypeOf(value);
	return prototype === null || Object.getPrototypeOf(prototype) === null;
}
