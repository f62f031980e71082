import { compareNumber } from "lossless-json";

/** Part of a JSON text that JavaScript would print in another way, kept as it was written: a number, or an array of numbers. */
export class ExactJson {
	readonly text: string;

	constructor(text: string) {
		this.text = text;
	}

	toString(): string {
		return this.text;
	}

	/** For `JSON.stringify`, which can print the nearest number only; {@link printJson} prints the text. */
	toJSON(): unknown {
		if (!isPrinting) return JSON.parse(this.text);
		hasMetExact = true;
		return mark + this.text;
	}
}

/** A number above 2^53, or written as `1.0`, `1e400` or the like. */
export class ExactNumber extends ExactJson {}

/** What a string begins with that stands for an exact part, while it is read or printed by the runtime. Nobody else can write it. */
const mark = `${crypto.randomUUID()} `;
const marked = new RegExp(`"${mark}([^"]*)"`, "g");
let isPrinting = false;
let hasMetExact = false;

/**
 * Reads JSON without changing a number: those that would be printed otherwise
 * come as {@link ExactNumber}, arrays of such as {@link ExactJson}.
 *
 * @throws SyntaxError for what is no JSON
 */
export function parseJson(text: string): unknown {
	const places = exactPlaces(text);
	if (places.length === 0) return JSON.parse(text);
	const pieces: string[] = [];
	let at = 0;
	for (const { start, end } of places) {
		let exact = text.slice(start, end);
		if (exact.startsWith("[")) {
			// Whether it is JSON has to be known before its white space, which may be a line feed, is taken out.
			JSON.parse(exact);
			exact = exact.replace(/\s+/g, "");
		}
		pieces.push(text.slice(at, start), `"${mark}${exact}"`);
		at = end;
	}
	pieces.push(text.slice(at));
	try {
		return JSON.parse(pieces.join(""), (_key, value) => revive(value));
	} catch (error) {
		// So deep is no message that is passed on: it is for its reader to refuse.
		if (error instanceof RangeError) return JSON.parse(text);
		throw error;
	}
}

function revive(value: unknown): unknown {
	if (typeof value !== "string" || !value.startsWith(mark)) return value;
	const exact = value.slice(mark.length);
	return exact.startsWith("[") ? new ExactJson(exact) : new ExactNumber(exact);
}

/**
 * Prints a value as {@link parseJson} has read it, with each number as it was
 * written.
 *
 * @throws RangeError for what is nested too deep
 */
export function printJson(value: unknown): string {
	isPrinting = true;
	hasMetExact = false;
	try {
		const text = JSON.stringify(value);
		return hasMetExact ? text.replace(marked, "$1") : text;
	} finally {
		isPrinting = false;
	}
}

/** Whether two numbers are the same, however they are written: `1`, `1.0` and `10e-1` are. */
export function isSameNumber(
	one: number | ExactNumber,
	other: number | ExactNumber,
): boolean {
	return one === other || compareNumber(String(one), String(other)) === 0;
}

/** Where something stands in a text. */
interface Place {
	start: number;
	end: number;
}

/**
 * The numbers of a JSON text that JavaScript would print in another way, and
 * the arrays of numbers with such in them, found by one walk over what stands
 * between the strings.
 */
function exactPlaces(text: string): Place[] {
	const found: Place[] = [];
	/** An array that holds nothing but numbers so far: where it begins, and how many had been found before. */
	let array: { start: number; before: number } | undefined;
	let at = 0;
	while (at < text.length) {
		const quote = text.indexOf('"', at);
		const end = quote === -1 ? text.length : quote;
		while (at < end) {
			const code = text.charCodeAt(at);
			if ((code >= zero && code <= nine) || code === minus) {
				const start = at;
				at = endOfNumber(text, start);
				const isKept = array && found.length > array.before;
				if (!isKept && isExact(text, start, at)) found.push({ start, end: at });
				continue;
			}
			at++;
			if (code === comma || code <= space) continue;
			if (code === openingBracket) {
				array = { start: at - 1, before: found.length };
				continue;
			}
			if (code === closingBracket && array && found.length > array.before) {
				found.length = array.before;
				found.push({ start: array.start, end: at });
			}
			array = undefined;
		}
		if (quote === -1) break;
		array = undefined;
		at = endOfString(text, quote);
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
const space = 0x20;
const comma = 0x2c;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const exponent = 0x65;
const upperExponent = 0x45;
const backslash = 0x5c;
const doubleQuote = 0x22;
const openingBracket = 0x5b;
const closingBracket = 0x5d;
