/** A URL, or undefined where a text is none. `URL.canParse` of Node 20 says yes to texts that its constructor refuses. */
export function parseUrl(text: string): URL | undefined {
	try {
		return new URL(text);
	} catch {
		return undefined;
	}
}
