/**
 * Whether each number in a value is one that JSON can say. A text such as `1e400` is read as infinity, and would be
 * printed as `null`.
 */
export function isFiniteThroughout(value: unknown): boolean {
	const rest: unknown[] = [value];
	while (rest.length > 0) {
		const next = rest.pop();
		if (typeof next === "number" && !Number.isFinite(next)) return false;
		if (typeof next !== "object" || next === null) continue;
		for (const inner of Object.values(next)) rest.push(inner);
	}
	return true;
}
