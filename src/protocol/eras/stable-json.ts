import { isMembers } from "../messages.ts";

/** JSON in which the order of an object's members makes no difference. */
export function stableJson(value: unknown): string {
	return JSON.stringify(value, (_key, inner: unknown) =>
		isMembers(inner)
			? Object.fromEntries(Object.entries(inner).sort(byKey))
			: inner,
	);
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
	return a < b ? -1 : 1;
}
