/** Characters of a server's name. */
export const longestName = 128;

const expected = `a name that can be a part of a URL: 1 to ${longestName} characters, no control characters, no "." or ".." between slashes`;

/** What is wrong with a server's name, which becomes a part of URLs. */
export function nameFault(name: string): string | undefined {
	const isAllowed =
		name.trim() !== "" &&
		name.length <= longestName &&
		// A surrogate that stands alone cannot be written in a URL.
		!/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(name) &&
		name.split("/").every((part) => !/^\.{1,2}$/.test(part));
	return isAllowed ? undefined : expected;
}

/** Two names that differ in upper and lower case only, or in how an accent is written, are one. */
export function foldName(name: string): string {
	return name.normalize("NFC").toLowerCase();
}
