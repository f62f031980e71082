/** So many characters are handed to a runtime at a time: it takes what it is given whole, whether the client reads or not. */
const pieceLength = 64 * 1024;

/** How long a client gets to read a piece, in ms, before it is cut off. */
export const pieceTimeoutMs = 10_000;

/** A text in pieces that can be sent one after the other. */
export function* inPieces(text: string): Generator<string> {
	for (let at = 0; at < text.length; ) {
		let end = at + pieceLength;
		// Half of a surrogate pair would be encoded as something else.
		if (isHighSurrogate(text.charCodeAt(end - 1))) end++;
		yield text.slice(at, end);
		at = end;
	}
}

function isHighSurrogate(code: number): boolean {
	return code >= 0xd800 && code <= 0xdbff;
}
