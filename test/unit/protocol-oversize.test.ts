import { describe, expect, test } from "vitest";
import { LineSplitter } from "../../src/protocol/line-splitter.ts";
import { idOfOversizeLine } from "../../src/protocol/oversize.ts";

const filler = "x".repeat(20_000);

/** The id that is found in a line which is over the limit. */
function idOf(line: string): number | undefined {
	let found: number | undefined;
	let told = false;
	const splitter = new LineSplitter(
		10_000,
		() => {},
		(oversize) => {
			told = true;
			found = idOfOversizeLine(oversize);
		},
	);
	splitter.push(Buffer.from(`${line}\n`));
	expect(told).toBe(true);
	return found;
}

describe("the id of an answer over the limit is found", () => {
	test.each([
		[
			"at the start, after jsonrpc",
			`{"jsonrpc":"2.0","id":17,"result":{"text":"${filler}"}}`,
		],
		[
			"at the start, before jsonrpc",
			`{"id":17,"jsonrpc":"2.0","result":{"text":"${filler}"}}`,
		],
		["at the end", `{"result":{"text":"${filler}"},"jsonrpc":"2.0","id":17}`],
		[
			"at the end, before jsonrpc",
			`{"result":{"text":"${filler}"},"id":17,"jsonrpc":"2.0"}`,
		],
		[
			"as a string",
			`{"jsonrpc":"2.0","id":"17","result":{"text":"${filler}"}}`,
		],
		[
			"with white space between everything",
			` { "jsonrpc" : "2.0" , "id" : 17 , "result" : "${filler}" }\r`,
		],
		[
			"at the end with white space and a carriage return",
			`{"result":"${filler}", "jsonrpc": "2.0", "id": 17 }\r`,
		],
		[
			"in an answer whose text has ids of its own",
			`{"jsonrpc":"2.0","id":17,"result":{"text":"${filler}","id":3}}`,
		],
	])("%s", (_name, line) => {
		expect(idOf(line)).toBe(17);
	});

	test("id 0 is one", () => {
		expect(idOf(`{"jsonrpc":"2.0","id":0,"result":"${filler}"}`)).toBe(0);
	});
});

describe("no id is made up", () => {
	test.each([
		[
			"for a notification",
			`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${filler}"}}`,
		],
		[
			"from an id inside the result",
			`{"jsonrpc":"2.0","result":{"id":17,"text":"${filler}","end":1}}`,
		],
		[
			"from the end of a nested object",
			`{"jsonrpc":"2.0","result":{"text":"${filler}","id":17}}`,
		],
		["from noise", filler],
		[
			"from a text that ends like a message",
			`{"jsonrpc":"2.0","result":{"text":"${filler}\\"id\\":17}"}}`,
		],
		[
			"from a question of the server, whose ids are not the bridge's",
			`{"method":"sampling/createMessage","params":{"text":"${filler}"},"jsonrpc":"2.0","id":17}`,
		],
		[
			"from a question that begins with its id",
			`{"jsonrpc":"2.0","id":17,"method":"sampling/createMessage","params":{"text":"${filler}"}}`,
		],
	])("%s", (_name, line) => {
		expect(idOf(line)).toBeUndefined();
	});
});
