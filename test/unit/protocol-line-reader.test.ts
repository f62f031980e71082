import { describe, expect, test } from "vitest";
import { LineReader } from "../../src/protocol/line-reader.ts";
import type { Message } from "../../src/protocol/messages.ts";

/** All that a reader makes of some lines; the settling at their end included. */
function read(...lines: string[]) {
	const heard = {
		messages: [] as Message[],
		noise: [] as string[],
		unreadable: [] as (number | undefined)[],
		repaired: [] as string[],
		tooDeep: 0,
	};
	const reader = new LineReader(
		{
			message: (message) => heard.messages.push(message),
			noise: (line) => heard.noise.push(line),
			unreadable: (_line, id) => heard.unreadable.push(id),
			repaired: (repair) => heard.repaired.push(repair),
			tooDeep: () => heard.tooDeep++,
		},
		10_000,
	);
	for (const line of lines) reader.read(line);
	const before = structuredClone(heard);
	reader.settle();
	expect(reader.isWaiting).toBe(false);
	return { ...heard, before };
}

const answer = '{"jsonrpc":"2.0","id":7,"result":{"a":1}}';
const answered = [{ jsonrpc: "2.0", id: 7, result: { a: 1 } }];
const progress =
	'{"jsonrpc":"2.0","method":"notifications/progress","params":{}}';

describe("a message is read, and its repair reported, where its line", () => {
	test.each([
		["begins with a byte order mark", ["leading-bytes"], `\uFEFF${answer}`],
		[
			"begins with the colours of a terminal",
			["leading-bytes"],
			`\u001B[0m\u001B[1;32m${answer}`,
		],
		["ends with something else", ["shared-line"], `${answer} done`],
	])("%s", (_name, repairs, line) => {
		const { messages, repaired, noise } = read(line);
		expect(messages).toEqual(answered);
		expect(repaired).toEqual(repairs);
		expect(noise).toEqual([]);
	});

	test.each([
		["NaN", "not-a-number", '{"v":NaN}', { v: null }],
		["Infinity", "not-a-number", "[Infinity,-Infinity]", undefined],
		["a raw tab", "control-character", '{"v":"a\tb"}', { v: "a\tb" }],
	])("holds %s", (_name, repair, result, value) => {
		const { messages, repaired } = read(
			`{"jsonrpc":"2.0","id":7,"result":{"r":${result}}}`,
		);
		expect(repaired).toEqual([repair]);
		expect(messages).toEqual([
			{
				jsonrpc: "2.0",
				id: 7,
				result: { r: value ?? [null, null] },
			},
		]);
	});

	test("holds the words NaN and Infinity inside strings, which stay", () => {
		const line = `{"jsonrpc":"2.0","id":7,"result":{"v":[NaN,"NaN and -Infinity"]}}`;
		expect(read(line).messages).toMatchObject([
			{ result: { v: [null, "NaN and -Infinity"] } },
		]);
	});

	test("is two messages", () => {
		const { messages, repaired } = read(`${answer}${progress}`);
		expect(messages).toHaveLength(2);
		expect(repaired).toEqual(["shared-line", "shared-line"]);
	});

	test("is one of several", () => {
		const pretty = JSON.stringify(JSON.parse(answer), null, 2).split("\n");
		const { messages, repaired, noise } = read(...pretty, progress);
		expect(messages).toMatchObject([...answered, { jsonrpc: "2.0" }]);
		expect(repaired).toEqual(["several-lines"]);
		expect(noise).toEqual([]);
	});

	test("breaks in the middle of a string, where a line feed should have been escaped", () => {
		const { messages } = read(
			'{"jsonrpc":"2.0","id":7,"result":{"a":"one',
			'two}","b":1}}',
		);
		expect(messages).toMatchObject([{ result: { a: "one\ntwo}", b: 1 } }]);
	});
});

describe("an answer behind other text", () => {
	test("is read when nothing follows", () => {
		const { messages, before, repaired } = read(`Ready ${answer}`);
		expect(before.messages).toEqual([]);
		expect(messages).toEqual(answered);
		expect(repaired).toEqual(["shared-line"]);
	});

	test("is a log's, and read once, where the answer itself follows", () => {
		const { messages, repaired } = read(`DEBUG sends ${answer}`, answer);
		expect(messages).toEqual(answered);
		expect(repaired).toEqual([]);
	});

	test("is noise where it is a request or a notification", () => {
		const { messages, noise } = read(`DEBUG got ${progress}`);
		expect(messages).toEqual([]);
		expect(noise).toHaveLength(1);
	});
});

describe("the asker of an answer that cannot be read is made out", () => {
	test.each([
		["cut", '{"jsonrpc":"2.0","id":7,"result":{"a":"b'],
		["not JSON", '{"jsonrpc":"2.0","id":7,"result":{"a":undefined}}'],
		["with its id at the end", '{"result":{"id":3,"a":},"id":7}'],
		["with its id in an array", '{"jsonrpc":"2.0","id":[7],"result":{}}'],
		["with a result that is a text", '{"jsonrpc":"2.0","id":7,"result":"x"}'],
		["with neither result nor error", '{"jsonrpc":"2.0","id":7}'],
		["of another JSON-RPC", '{"jsonrpc":"1.0","id":7,"result":{}}'],
		["on several lines", '{\n"id": 7,\n"result": {"a": .5}\n}'],
	])("%s", (_name, text) => {
		const { messages, unreadable, noise } = read(...text.split("\n"));
		expect(unreadable).toEqual([7]);
		expect(messages).toEqual([]);
		expect(noise).toEqual([]);
	});

	test("also where the next message shows that it was cut", () => {
		const cut = '{"jsonrpc":"2.0","id":7,"result":{"a":"b';
		const { messages, unreadable } = read(cut, progress);
		expect(unreadable).toEqual([7]);
		expect(messages).toHaveLength(1);
	});

	test("not from an id inside the result, or of a question of the server", () => {
		expect(read('{"result":{"id":3,"a":}}').unreadable).toEqual([undefined]);
		expect(
			read('{"id":3,"method":"ping","params":{"result":NaN,}}').unreadable,
		).toEqual([]);
	});

	test("not where it names none", () => {
		for (const id of ["null", "true", '"abc"', "-7", "7.5", "{}"]) {
			const line = `{"jsonrpc":"2.0","id":${id},"result":"x"}`;
			expect(read(line).unreadable).toEqual([undefined]);
		}
	});
});

describe("what is forgiven is completed", () => {
	test.each([
		["no jsonrpc", '{"id":7,"result":{"a":1}}'],
		["a jsonrpc of 2", '{"jsonrpc":2,"id":7,"result":{"a":1}}'],
		["a jsonrpc of 2.0", '{"jsonrpc":2.0,"id":7,"result":{"a":1}}'],
		[
			"an error of null",
			'{"jsonrpc":"2.0","id":7,"result":{"a":1},"error":null}',
		],
	])("%s", (_name, line) => {
		expect(read(line).messages).toEqual(answered);
	});

	test.each([
		["a result of null", '"result":null', { result: {} }],
		["PHP's empty object", '"result":[]', { result: {} }],
		[
			"an error that is a text",
			'"error":"no"',
			{ error: { code: -32603, message: "no" } },
		],
		[
			"an error without a code",
			'"error":{"message":"no","data":1}',
			{ error: { code: -32603, message: "no", data: 1 } },
		],
		[
			"a code that is a text, and a result of null beside it",
			'"error":{"code":"-32602","message":"no"},"result":null',
			{ error: { code: -32602, message: "no" } },
		],
	])("%s", (_name, members, expected) => {
		const { messages } = read(`{"jsonrpc":"2.0","id":7,${members}}`);
		expect(messages).toEqual([{ jsonrpc: "2.0", id: 7, ...expected }]);
	});

	test("a notification with an id of null, and params of an empty array", () => {
		const { messages } = read(
			'{"id":null,"method":"notifications/initialized","params":[]}',
		);
		expect(messages).toEqual([
			{ jsonrpc: "2.0", method: "notifications/initialized", params: {} },
		]);
	});
});

describe("no message is made up", () => {
	test.each([
		"Server listening {port: 3000}",
		"{",
		'{"level":"info","msg":"structured log"}',
		'"a json string"',
		"42",
		"null",
		"[]",
		"[2026-01-01] INFO {starting}",
		"{{{{{{",
		"NaN",
		'{"jsonrpc":"2.0"}',
		"Content-Length: 57\r",
	])("of %s", (line) => {
		const { messages, noise, unreadable } = read(line);
		expect({ messages, unreadable }).toEqual({ messages: [], unreadable: [] });
		expect(noise).toEqual([line]);
	});
});

test("what a child was saying when it ended is no answer: its end is what the asker hears of", () => {
	const heard: string[] = [];
	const note = (kind: string) => () => heard.push(kind);
	const reader = new LineReader(
		{
			message: note("message"),
			noise: note("noise"),
			unreadable: note("unreadable"),
			repaired: note("repaired"),
			tooDeep: note("too deep"),
		},
		10_000,
	);
	reader.read('{"jsonrpc":"2.0","id":7,"result":{"a":"b');
	reader.end();
	expect(heard).toEqual(["noise"]);
	reader.read('Ready {"jsonrpc":"2.0","id":8,"result":{}}');
	reader.end();
	expect(heard).toEqual(["noise", "repaired", "message"]);
});

test("what is cut off behind its id may be a question", () => {
	expect(read('{"jsonrpc":"2.0","id":7,"').unreadable).toEqual([]);
});

test("a bracket that is never closed hides no message that follows", () => {
	const { messages, noise } = read("{ starting", answer, "}", progress);
	expect(messages).toHaveLength(2);
	expect(noise).toEqual(["{ starting", "}"]);
});

test("a message on several lines is given up when it gets too long", () => {
	const { noise, before } = read("{", "x".repeat(10_000), "{");
	expect(before.noise).toHaveLength(2);
	expect(noise).toHaveLength(3);
});

test("100,000 brackets, or quotes, are read in a time that is bounded by their number", () => {
	for (const line of [
		"{".repeat(100_000),
		"{}".repeat(100_000),
		"a{}".repeat(100_000),
		'{"'.repeat(100_000),
		`{"${"\\".repeat(100_000)}`,
	]) {
		expect(read(line).messages).toEqual([]);
	}
});
