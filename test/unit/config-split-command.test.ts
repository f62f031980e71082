import { expect, test } from "vitest";
import { splitCommand } from "../../src/config/split-command.ts";

/** What Python's `shlex.split` makes of the same texts. */
const same: [text: string, words: string[]][] = [
	[
		"uvx mcp-server-fetch --timeout 10",
		["uvx", "mcp-server-fetch", "--timeout", "10"],
	],
	["  a\t'b c'\n", ["a", "b c"]],
	[`a "b \\"c\\" \\d" e\\ f`, ["a", 'b "c" \\d', "e f"]],
	["--name='x y'z", ["--name=x yz"]],
	["'a\\b' \"\" ''", ["a\\b", "", ""]],
	["a#b #c $HOME * | ;", ["a#b", "#c", "$HOME", "*", "|", ";"]],
	["", []],
];

test.each(same)("%j is cut as Python cuts it", (text, words) => {
	expect(splitCommand(text)).toEqual(words);
});

test.each(["'a", 'a "b', "a\\", '"\\"'])("%j has no end", (text) => {
	expect(splitCommand(text)).toBeUndefined();
});
