import { parseUrl } from "./parse-url.ts";

/** Which names pass: those that `allow` has a pattern for, or all where there is no `allow`, without those of `deny`. */
export interface NamePatterns {
	/** In a pattern `*` is any run of characters, also none; everything else is itself. */
	readonly allow?: readonly string[];
	readonly deny?: readonly string[];
}

/** Decides about one name at a time. What is no string names nothing, and is neither admitted nor denied. */
export interface NameFilter {
	admits(name: unknown): boolean;
	/** Whether `deny` names it. */
	denies(name: unknown): boolean;
}

/** The filter for names that can be written in one way only: of tools and prompts. */
export function nameFilter({ allow, deny = [] }: NamePatterns): NameFilter {
	const isAllowed = allow === undefined ? () => true : matchesAny(allow);
	const isDenied = matchesAny(deny);
	return {
		admits: (name) =>
			typeof name === "string" && isAllowed(name) && !isDenied(name),
		denies: (name) => typeof name === "string" && isDenied(name),
	};
}

/**
 * The filter for URIs. A server may read several as the same resource, so one
 * is denied where any way to write it is, and one with `..` in it, of which
 * nobody can say where it leads, is not admitted at all.
 */
export function uriFilter({ allow, deny = [] }: NamePatterns): NameFilter {
	const isAllowed = allow === undefined ? () => true : matchesAny(allow);
	const matchesDenied = matchesAny([...deny, ...deny.map(plain)]);
	const isDenied = (uri: string) => spellingsOf(uri).some(matchesDenied);
	return {
		admits: (uri) =>
			typeof uri === "string" &&
			isAllowed(uri) &&
			!isDenied(uri) &&
			!climbs(uri),
		denies: (uri) => typeof uri === "string" && isDenied(uri),
	};
}

function matchesAny(patterns: readonly string[]): (text: string) => boolean {
	const matchers = patterns.map(matcherOf);
	return (text) => matchers.some((matches) => matches(text));
}

/** A regular expression would try a hostile name against `a*a*a*b` in more ways than anybody can wait for; here each part is looked for once. */
function matcherOf(pattern: string): (text: string) => boolean {
	const [first = "", ...rest] = pattern.split("*");
	const last = rest.pop();
	if (last === undefined) return (text) => text === first;
	return (text) => {
		if (!text.startsWith(first)) return false;
		let at = first.length;
		for (const part of rest) {
			const found = text.indexOf(part, at);
			if (found === -1) return false;
			at = found + part.length;
		}
		return text.length - last.length >= at && text.endsWith(last);
	};
}

/** A URI as given, and as a server may read it; both also without query and fragment. */
function spellingsOf(uri: string): string[] {
	const read = plain(normalized(decoded(normalized(uri))));
	return [uri, read].flatMap((each) => [each, each.replace(/[?#].*$/s, "")]);
}

/** Without escapes, and without the repeated slashes that file systems pass over. */
function plain(text: string): string {
	return decoded(text).replace(/[/\\]+/g, "/");
}

/** Scheme and host in lower case, without the default port and the white space that a URL may hold (WHATWG URL, 'URL parsing'). */
function normalized(uri: string): string {
	return parseUrl(uri)?.href ?? uri;
}

function decoded(text: string): string {
	return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
		Buffer.from(escapes.replaceAll("%", ""), "hex").toString(),
	);
}

/** Whether a part of it is `..`, also in escapes, or with the white space that a URL may hold. */
function climbs(uri: string): boolean {
	const text = decoded(decoded(uri)).replace(/[\t\n\r]/g, "");
	return text.split(/[/\\?#]/).includes("..");
}
