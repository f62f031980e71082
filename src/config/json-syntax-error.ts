const space = /[ \t\n\r]*/y;
const string =
	/"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const scalar =
	/(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

export interface TextPosition {
	/** From 1. */
	readonly line: number;
	/** From 1, in UTF-16 units. */
	readonly column: number;
}

/**
 * Where a text stops being JSON (RFC 8259), or undefined if it is JSON.
 * The runtimes' own messages quote the text around it, which may be a secret, and most give no position.
 */
export function jsonSyntaxError(text: string): TextPosition | undefined {
	const offset = errorOffset(text);
	if (offset === undefined) return;
	const lines = text.slice(0, offset).split("\n");
	return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

function errorOffset(text: string): number | undefined {
	let at = 0;
	const open: ("{" | "[")[] = [];
	const take = (pattern: RegExp) => {
		pattern.lastIndex = at;
		if (!pattern.test(text)) return false;
		at = pattern.lastIndex;
		return true;
	};
	const takeMark = (mark: string) => {
		take(space);
		if (text[at] !== mark) return false;
		at++;
		take(space);
		return true;
	};
	const takeKey = () => take(string) && takeMark(":");

	take(space);
	for (;;) {
		// A value starts here.
		if (takeMark("{")) {
			open.push("{");
			if (text[at] !== "}") {
				if (!takeKey()) return at;
				continue;
			}
		} else if (takeMark("[")) {
			open.push("[");
			if (text[at] !== "]") continue;
		} else if (!take(string) && !take(scalar)) return at;

		// A value, or the start of an empty one, ends here: close what ends with it.
		for (;;) {
			take(space);
			const inside = open.at(-1);
			if (inside === undefined) return at === text.length ? undefined : at;
			if (takeMark(inside === "{" ? "}" : "]")) {
				open.pop();
				continue;
			}
			if (!takeMark(",")) return at;
			if (inside === "{" && !takeKey()) return at;
			break;
		}
	}
}
