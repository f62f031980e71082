import fc from "fast-check";
import { expect, test } from "vitest";
import type { Members } from "../../src/protocol/messages.ts";
import { hmacSeal } from "../../src/seal/hmac-seal.ts";
import { anyText } from "../harness/any-text.ts";

const seal = hmacSeal(Buffer.alloc(32, 1));
const contents = fc.dictionary(fc.string(), fc.jsonValue());
/** As it comes back from a client, which knows JSON only. */
const plain = (content: unknown): Members =>
	JSON.parse(JSON.stringify(content));

test("what was sealed is opened as it was", () => {
	fc.assert(
		fc.property(contents, (content) => {
			expect(seal.open(seal.seal(content))).toEqual(plain(content));
		}),
	);
});

test("the same content gives the same text, which any header or URL can carry", () => {
	fc.assert(
		fc.property(contents, (content) => {
			const text = seal.seal(content);
			expect(seal.seal(plain(content))).toBe(text);
			expect(text).toMatch(/^[\w-]+\.[\w-]+$/);
		}),
	);
});

test("a text that differs in any one place opens nothing", () => {
	const text = seal.seal({ call: "a", round: 1, until: 123 });
	const places = fc.nat(text.length - 1);
	const characters = fc.constantFrom(
		..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n",
	);
	fc.assert(
		fc.property(places, characters, (place, character) => {
			fc.pre(text[place] !== character);
			const changed = text.slice(0, place) + character + text.slice(place + 1);
			expect(seal.open(changed)).toBeUndefined();
		}),
		{ numRuns: 500 },
	);
});

test("a text with something added or taken off opens nothing", () => {
	const text = seal.seal({ a: 1 });
	const [content = "", mac = ""] = text.split(".");
	for (const changed of [
		"",
		".",
		content,
		mac,
		`${content}.`,
		`.${mac}`,
		`${text}.`,
		`${text}=`,
		`${text}A`,
		`A${text}`,
		` ${text}`,
		`${text}\n`,
		`${text}.${mac}`,
		`${content}=.${mac}`,
		text.slice(0, -1),
		`${mac}.${content}`,
	]) {
		expect(seal.open(changed)).toBeUndefined();
	}
});

test("no content passes for another: the mac is of all of it", () => {
	const [, mac = ""] = seal.seal({ who: "alice" }).split(".");
	const [content = ""] = seal.seal({ who: "bob" }).split(".");
	expect(seal.open(`${content}.${mac}`)).toBeUndefined();
});

test("another key opens nothing of it", () => {
	const other = hmacSeal(Buffer.alloc(32, 2));
	expect(other.open(seal.seal({ a: 1 }))).toBeUndefined();
});

test("any text whatever is opened without an exception", () => {
	fc.assert(
		fc.property(anyText(), (text) => {
			expect(seal.open(text)).toBeUndefined();
		}),
	);
});

test("a fingerprint is the same for the same text, another for another, and does not hold the text", () => {
	expect(seal.digest("alice")).toBe(seal.digest("alice"));
	expect(seal.digest("alice")).not.toBe(seal.digest("bob"));
	expect(seal.digest("alice")).toHaveLength(43);
	expect(seal.digest("x".repeat(10_000))).toHaveLength(43);
});
