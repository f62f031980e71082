import { endOfString } from "./json.ts";

/** A single number from 0 on, whatever stands around it. */
const onlyNumber = /^[^\d-]*(\d{1,15})(?:\.0+)?[^\d]*$/;

/**
 * The id that an answer gives back, read from a text that cannot be read as a
 * message: its JSON is broken, or its id is no id. The bridge's own ids are
 * integers. Undefined where the text is no answer; `id` is undefined where none
 * can be made out.
 */
export function idOfBrokenAnswer(
	text: string,
): { id: number | undefined } | undefined {
	const { members, isWhole } = topLevelMembers(text);
	// One that is cut off behind its id may be a question of the server.
	const isAnswer =
		members.has("result") ||
		members.has("error") ||
		(isWhole && members.has("jsonrpc") && members.has("id"));
	if (!isAnswer || members.has("method")) return undefined;
	const found = onlyNumber.exec(members.get("id")?.slice(0, 100) ?? "");
	return { id: found ? Number(found[1]) : undefined };
}

/** The members of the outermost object, as text, as far as the text can be followed. */
function topLevelMembers(text: string): {
	members: Map<string, string>;
	/** Whether its closing bracket is there. */
	isWhole: boolean;
} {
	const members = new Map<string, string>();
	let level = 0;
	let lastString = "";
	let name: string | undefined;
	let start = 0;
	for (let at = 0; at < text.length; at++) {
		const character = text[at];
		if (character === '"') {
			const end = endOfString(text, at);
			if (level === 1 && name === undefined) {
				lastString = text.slice(at + 1, end - 1);
			}
			at = end - 1;
		} else if (character === "{" || character === "[") level++;
		else if (character === "}" || character === "]") level--;
		const isEnd = level === 0 || (level === 1 && character === ",");
		if (isEnd && name !== undefined) {
			members.set(name, text.slice(start, at));
			name = undefined;
		} else if (level === 1 && character === ":" && name === undefined) {
			name = lastString;
			start = at + 1;
		}
		if (level === 0 && members.size > 0) return { members, isWhole: true };
	}
	if (name !== undefined) members.set(name, text.slice(start));
	return { members, isWhole: false };
}
