import { endOfString } from "./json.ts";

/** What was wrong with a message that could be read all the same. */
export type Repair =
	/** NaN or Infinity, which JSON has not: read as null. */
	| "not-a-number"
	/** A control character inside a string that should have been escaped. */
	| "control-character"
	/** A byte order mark, or a terminal's colour codes, in front of it. */
	| "leading-bytes"
	/** One message on several lines. */
	| "several-lines"
	/** Something else on the line of a message. */
	| "shared-line"
	/** A list, or the cursor of the page after it, that is null. */
	| "null-in-list";

/** ECMA-48 control sequences, as programs write them to a terminal, and U+FEFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with one.
const leading = /^(?:\uFEFF|\u001B\[[0-9;?]*[A-Za-z])+/;
const notANumber = /^(?:NaN|-?Infinity)/;
/** What RFC 8259 does not allow in a string as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant.
const control = /[\u0000-\u001F]/g;

/**
 * Makes JSON of what some programs write in its place, where there is no doubt
 * what they mean. Whether it then is JSON is for the parser to say.
 *
 * @returns the text, the same one where there was nothing to do, and what was done
 */
export function repairJson(text: string): { text: string; repairs: Repair[] } {
	const repairs = new Set<Repair>();
	const bare = text.replace(leading, "");
	if (bare !== text) repairs.add("leading-bytes");
	const pieces: string[] = [];
	let at = 0;
	while (at < bare.length) {
		const quote = bare.indexOf('"', at);
		const end = quote === -1 ? bare.length : quote;
		const between = bare.slice(at, end).replace(/[A-Za-z-]+/g, (word) => {
			if (!notANumber.test(word)) return word;
			repairs.add("not-a-number");
			return word.replace(notANumber, "null");
		});
		pieces.push(between);
		at = end;
		if (quote === -1) break;
		at = endOfString(bare, quote);
		const string = bare.slice(quote, at);
		const escaped = string.replace(control, asEscape);
		if (escaped !== string) repairs.add("control-character");
		pieces.push(escaped);
	}
	return { text: pieces.join(""), repairs: [...repairs] };
}

function asEscape(character: string): string {
	return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
