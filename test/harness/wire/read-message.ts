import { isNestedTooDeep } from "../../../src/protocol/nesting.ts";
import { isMembers, type Message } from "./message.ts";
import type { WireText } from "./wire-text.ts";

/** What a text of the wire says. */
export type Read =
	| { message: Message }
	/** A message too long to be kept, or nested too deep: what its two ends tell, where they do. */
	| { ends: { id: unknown; method: string | undefined } }
	| { problem: string };

const scalar = String.raw`(-?\d+|"(?:[^"\\]|\\.)*")`;
const idFirst = new RegExp(
	String.raw`^\{(?:"jsonrpc":"2\.0",)?"id":${scalar}[,}]`,
);
const idLast = new RegExp(String.raw`"id":${scalar}(?:,"jsonrpc":"2\.0")?\}$`);
const methodFirst = /^\{[^{]*?"method":"([^"\\]*)"/;

export function readMessage({ text, cut }: WireText): Read {
	if (cut) return readEnds(text);
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return { problem: `it is not JSON: ${(error as Error).message}` };
	}
	// Of what is nested deeper than the bridge passes on, the ends are all that this program can walk through too.
	if (isNestedTooDeep(value, text)) return readEnds(text);
	return isMembers(value)
		? { message: value }
		: { problem: "it is no JSON object" };
}

function readEnds(text: string): Read {
	if (!/^\s*\{.*\}\s*$/s.test(text)) return { problem: "it is no JSON object" };
	if (!/"jsonrpc"\s*:\s*"2\.0"/.test(text))
		return { problem: "neither of its ends has the member jsonrpc" };
	const id = (idFirst.exec(text) ?? idLast.exec(text))?.[1];
	return {
		ends: {
			id: id === undefined ? undefined : JSON.parse(id),
			method: methodFirst.exec(text)?.[1],
		},
	};
}
