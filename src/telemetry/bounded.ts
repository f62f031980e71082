/** Characters of a text of a client that stand in a span. */
const longestText = 300;

/** A text of a client, as much of it as a span takes. */
export function bounded(text: string): string {
	return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
