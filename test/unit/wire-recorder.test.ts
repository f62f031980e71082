import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { childConversations } from "../harness/wire/child-conversations.ts";
import type { Said } from "../harness/wire/conversation.ts";
import {
	recordChildren,
	recordsFolder,
	removeRecords,
	withRecorder,
} from "../harness/wire/record-children.ts";

/** A child's lines are kept in a file, and the child cannot tell: this needs real ones. */

recordChildren();
afterEach(removeRecords);

const fixtures = path.join(import.meta.dirname, "../fixtures");
const initialize =
	'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}';
const call = (name: string, message = "é 漢 🙂") =>
	JSON.stringify({
		jsonrpc: "2.0",
		id: 1,
		method: "tools/call",
		params: { name, arguments: { message } },
	});

/**
 * Tells the fixture `faulty` these lines, each after the answer to the one before; gives what it wrote to stdout,
 * and the lines of both by its record.
 */
async function run(input: string[], ...faults: string[]) {
	const entry = withRecorder(
		{
			command: process.execPath,
			args: [path.join(fixtures, "faulty.mjs"), ...faults],
			env: { PATH: process.env.PATH ?? "" },
		},
		"A.b/c",
	);
	const child = spawn(entry.command, entry.args, {
		env: entry.env,
		stdio: ["pipe", "pipe", "ignore"],
	});
	let stdout = "";
	let answered = 0;
	const tell = () => {
		const line = input[answered++];
		if (line === undefined) child.stdin.end();
		else child.stdin.write(`${line}\n`);
	};
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		stdout += chunk;
		if (stdout.split('"result":').length > answered && /\n$/.test(chunk))
			tell();
	});
	tell();
	await once(child, "close");

	const [conversation] = childConversations(recordsFolder() ?? "");
	const textsBy = (who: Said["by"]) =>
		conversation?.said
			.filter(({ by }) => by === who)
			.map(({ text }) => text.trimEnd());
	return {
		conversation,
		output: stdout.split(/\r?\n/).filter((line) => line.trim() !== ""),
		told: textsBy("bridge"),
		said: textsBy("peer"),
	};
}

test.each([
	["written at once", []],
	["written byte by byte to the descriptor", ["split-utf8", "crlf"]],
	["without its last line feed, at the process's end", ["no-final-newline"]],
	["with noise between", ["noise"]],
])("output %s is kept as it is", async (_how, faults) => {
	const input = [initialize, call("echo")];
	const { conversation, output, told, said } = await run(input, ...faults);
	expect(output.join()).toContain("é 漢 🙂");
	expect(said).toEqual(output);
	expect(told).toEqual(input);
	expect(conversation).toMatchObject({
		server: "a.b/c",
		revisions: ["2025-06-18"],
	});
});

test("of a long line only the two ends are kept, both ways", async () => {
	const long = call("echo", "x".repeat(300_000));
	const { conversation, output } = await run([initialize, long]);
	expect(output.at(-1)?.length).toBeGreaterThan(300_000);
	const cut = conversation?.said.filter((said) => said.cut);
	expect(cut).toHaveLength(2);
	for (const { text } of cut ?? []) {
		expect(text).toMatch(/^\{"jsonrpc":"2.0","id":1,.*x…x.*\}$/);
		expect(text.length).toBeLessThan(5000);
	}
});

test("a child that is killed leaves every line until then", async () => {
	const { told } = await run([initialize, call("echo")], "kill-on-call");
	expect(told).toEqual([initialize, call("echo")]);
});

test("a process that says nothing leaves no file", async () => {
	const { conversation } = await run([]);
	expect(conversation).toBeUndefined();
});

test("what a program is started with stays, and twice is once", () => {
	const first = withRecorder({
		command: process.execPath,
		env: { NODE_OPTIONS: "--no-warnings" },
	});
	expect(first.env.NODE_OPTIONS).toMatch(/^--no-warnings --require "/);
	expect(withRecorder(first, "a").env.NODE_OPTIONS).toBe(
		first.env.NODE_OPTIONS,
	);
	const other = { command: "sh" };
	expect(withRecorder(other)).toBe(other);
});
