/** Rows as a Markdown table, its columns of equal width. The first row is its head. */
export function table(rows: readonly (readonly string[])[]): string {
	const [head = [], ...body] = rows;
	const widths = head.map((_, column) =>
		Math.max(3, ...rows.map((cells) => cells[column]?.length ?? 0)),
	);
	return [head, widths.map((width) => "-".repeat(width)), ...body]
		.map(
			(cells) =>
				`| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
		)
		.join("\n");
}
