import { compareNumber, LosslessNumber, stringify } from "lossless-json";
import { mostLevels } from "./nesting.ts";

let hasMetExact = false;

/**
 * A number of a JSON text that JavaScript would print in another way: above
 * 2^53, `1.0`, `1e400`. It is kept as it was written. `JSON.stringify` prints
 * the nearest number in its place; {@link printJson} prints the text.
 */
export class ExactNumber extends LosslessNumber {
	toJSON(): number {
		hasMetExact = true;
		return Number(this.value);
	}
}

/**
 * Reads JSON without changing a number: those that would be printed otherwise
 * come as {@link ExactNumber}.
 *
 * @throws SyntaxError for what is no JSON
 */
export function parseJson(text: string): unknown {
	const numbers = exactNumbers(text);
	if (numbers.length === 0) return JSON.parse(text);
	// The runtime's own parser reads them as strings that nobody else can write: lossless-json's takes 50 times as long for long strings.
	const pieces: string[] = [];
	let at = 0;
	for (const { start, end } of numbers) {
		pieces.push(text.slice(at, start), `"${mark}${text.slice(start, end)}"`);
		at = end;
	}
	pieces.push(text.slice(at));
	return JSON.parse(pieces.join(""), (_key, value: unknown) =>
		typeof value === "string" && value.startsWith(mark)
			? new ExactNumber(value.slice(mark.length))
			: value,
	);
}

/** What a string begins with that stands for a number while it is read. */
const mark = `${crypto.randomUUID()} `;

/**
 * Prints a value as {@link parseJson} has read it, with each number as it was
 * written.
 *
 * @throws RangeError for what is nested too deep
 */
export function printJson(value: unknown): string {
	hasMetExact = false;
	const text = JSON.stringify(value);
	return hasMetExact ? (stringify(value) ?? text) : text;
}

/** Whether two numbers are the same, however they are written: `1`, `1.0` and `10e-1` are. */
export function isSameNumber(
	one: number | ExactNumber,
	other: number | ExactNumber,
): boolean {
	return one === other || compareNumber(String(one), String(other)) === 0;
}

/** Where a number stands in a text. */
interface Place {
	start: number;
	end: number;
}

/**
 * The numbers of a JSON text that JavaScript would print in another way, found
 * by one walk over what stands between the strings. None for what is nested
 * deeper than a message may be, which is refused whatever it holds.
 */
function exactNumbers(text: string): Place[] {
	const found: Place[] = [];
	let level = 0;
	let at = 0;
	while (at < text.length) {
		const quote = text.indexOf('"', at);
		const end = quote === -1 ? text.length : quote;
		while (at < end) {
			const code = text.charCodeAt(at);
			if ((code >= zero && code <= nine) || code === minus) {
				const start = at;
				at = endOfNumber(text, start);
				if (isExact(text, start, at)) found.push({ start, end: at });
				continue;
			}
			at++;
			if (code === openingBrace || code === openingBracket) {
				// A batch is a level around its messages.
				if (++level > mostLevels + 1) return [];
			} else if (code === closingBrace || code === closingBracket) level--;
		}
		if (quote !== -1) at = endOfString(text, quote);
	}
	return found;
}

/** Behind the last character that may be part of the number which begins there. */
function endOfNumber(text: string, start: number): number {
	let at = start + 1;
	for (;;) {
		const code = text.charCodeAt(at);
		const isPart =
			(code >= zero && code <= nine) ||
			code === point ||
			code === minus ||
			code === plus ||
			code === exponent ||
			code === upperExponent;
		if (!isPart) return at;
		at++;
	}
}

/** RFC 8259, section 6. */
const notation = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whether it is a number that JavaScript would not write in this way. What is no number is left to the parser to refuse. */
function isExact(text: string, start: number, end: number): boolean {
	if (isShort(text, start, end)) return false;
	const number = text.slice(start, end);
	return String(Number(number)) !== number && notation.test(number);
}

/** Whether it has so few digits, and a point at most, that it is printed as it is written: a double keeps 15 of them. */
function isShort(text: string, start: number, end: number): boolean {
	if (end - start > 15) return false;
	let hasPoint = false;
	for (let at = start; at < end; at++) {
		const code = text.charCodeAt(at);
		if (code === point && !hasPoint && at - start < 7) hasPoint = true;
		else if (code < zero || code > nine) return false;
	}
	// `1.50` and `0.0000001` are printed in another way.
	return (
		!hasPoint ||
		(text.charCodeAt(end - 1) !== zero && text.charCodeAt(start) !== zero)
	);
}

/** Where the string ends whose opening quote stands there: behind its closing one, or at the text's end. */
export function endOfString(text: string, quote: number): number {
	let at = text.indexOf('"', quote + 1);
	if (at === -1) return text.length;
	if (text.charCodeAt(at - 1) !== backslash) return at + 1;
	for (at = quote + 1; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (code === backslash) at++;
		else if (code === doubleQuote) return at + 1;
	}
	return text.length;
}

const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const exponent = 0x65;
const upperExponent = 0x45;
const backslash = 0x5c;
const doubleQuote = 0x22;
const openingBracket = 0x5b;
const closingBracket = 0x5d;
const openingBrace = 0x7b;
const closingBrace = 0x7d;
