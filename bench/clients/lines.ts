/** Cuts chunks of text into lines, in time linear in their length however the chunks are cut. */
export function lineSplitter(
	onLine: (line: string) => void,
): (chunk: string) => void {
	let parts: string[] = [];
	return (chunk) => {
		let start = 0;
		for (
			let end = chunk.indexOf("\n");
			end !== -1;
			end = chunk.indexOf("\n", start)
		) {
			parts.push(chunk.slice(start, end));
			const line = parts.length === 1 ? parts[0] : parts.join("");
			parts = [];
			start = end + 1;
			onLine(line as string);
		}
		if (start < chunk.length) parts.push(chunk.slice(start));
	};
}
