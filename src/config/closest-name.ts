/** The name that was probably meant, if one is near enough. */
export function closestName(
	typed: string,
	names: readonly string[],
): string | undefined {
	const limit = Math.max(1, Math.floor(typed.length / 3));
	let closest: string | undefined;
	let least = limit + 1;
	for (const name of names) {
		// So many edits it takes at least: a text of any length costs no more than the longest name.
		if (Math.abs(typed.length - name.length) >= least) continue;
		const edits = distance(typed.toLowerCase(), name.toLowerCase());
		if (edits < least) [closest, least] = [name, edits];
	}
	return closest;
}

/** How many letters to insert, remove, replace or swap with their neighbour to turn one word into the other. */
function distance(from: string, to: string): number {
	const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
	const at = (row: number, column: number) =>
		rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
	for (let row = 1; row <= from.length; row++) {
		rows.push([row]);
		for (let column = 1; column <= to.length; column++) {
			const same = from[row - 1] === to[column - 1];
			const swapped =
				from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
			rows[row]?.push(
				Math.min(
					at(row - 1, column - 1) + (same ? 0 : 1),
					at(row - 1, column) + 1,
					at(row, column - 1) + 1,
					at(row - 2, column - 2) + (swapped ? 1 : Number.POSITIVE_INFINITY),
				),
			);
		}
	}
	return at(from.length, to.length);
}
