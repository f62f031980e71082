import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { LineWriter } from "../../src/spawn/process/line-writer.ts";

/** A writer to a child that takes what is written when the test says so. */
function start() {
	const writes: string[] = [];
	const taken: string[] = [];
	let done: ((error?: Error) => void) | undefined;
	let ended = false;
	const stream = new Writable({
		decodeStrings: false,
		write(text, _encoding, callback) {
			writes.push(text);
			done = callback;
		},
		final(callback) {
			ended = true;
			callback();
		},
	});
	stream.on("error", () => {});
	const clock = { now: 0 };
	let drained = 0;
	const writer = new LineWriter(
		stream,
		() => {
			drained++;
		},
		() => clock.now,
	);
	return {
		writer,
		writes,
		taken,
		clock,
		drained: () => drained,
		hasEnded: () => ended,
		write: (text: string) => writer.write(text, () => taken.push(text)),
		/** The child takes the write that it is given. */
		async take(error?: Error) {
			done?.(error);
			await nextTurn();
		},
	};
}

/** Writes one line and has it taken, so that those that follow at once are a crowd. */
async function startCrowded() {
	const child = start();
	child.write("first\n");
	await child.take();
	return child;
}

test("a single line goes at once", async () => {
	const { clock, take, write, writes } = start();
	write("a\n");
	expect(writes).toEqual(["a\n"]);
	await take();
	clock.now += 1;
	write("b\n");
	expect(writes).toEqual(["a\n", "b\n"]);
});

test("lines close upon each other go together, in their order, and each is told of when it has been taken", async () => {
	const { take, taken, write, writes } = await startCrowded();
	const lines = ["a\n", "b\n", "c\n"];
	for (const line of lines) write(line);
	expect(writes).toHaveLength(1);
	await nextTurn();
	expect(writes).toEqual(["first\n", "a\nb\nc\n"]);
	expect(taken).toEqual(["first\n"]);
	await take();
	expect(taken).toEqual(["first\n", ...lines]);
});

test("no more go together than are taken whole or not at all, whatever they are made of", async () => {
	const { take, write, writes } = await startCrowded();
	const line = `${"é".repeat(1000)}\n`;
	for (let count = 0; count < 3; count++) write(line);
	await nextTurn();
	expect(writes.slice(1)).toEqual([line.repeat(2)]);
	await take();
	expect(writes.slice(2)).toEqual([line]);
});

test("a line that is longer goes by itself", async () => {
	const { take, write, writes } = await startCrowded();
	const long = `${"x".repeat(10_000)}\n`;
	for (const line of ["a\n", long, "b\n"]) write(line);
	await nextTurn();
	await take();
	await take();
	expect(writes.slice(1)).toEqual(["a\n", long, "b\n"]);
});

test("while the child takes nothing nothing further is written, and none of it is called taken", async () => {
	const { clock, take, taken, write, writes } = start();
	for (const line of ["a\n", "b\n", "c\n"]) {
		write(line);
		clock.now += 1;
	}
	await nextTurn();
	expect(writes).toEqual(["a\n"]);
	expect(taken).toEqual([]);
	await take();
	expect(writes).toEqual(["a\n", "b\nc\n"]);
	expect(taken).toEqual(["a\n"]);
});

test("what fails to be written is not called taken, and nothing is written after it", async () => {
	const { clock, take, taken, write, writes, drained } = start();
	write("a\n");
	clock.now += 1;
	write("b\n");
	await take(new Error("EPIPE"));
	expect(writes).toEqual(["a\n"]);
	expect(taken).toEqual([]);
	expect(drained()).toBe(0);
});

test("the end comes behind the last line", async () => {
	const { hasEnded, take, write, writer, writes } = await startCrowded();
	write("a\n");
	writer.end();
	expect(writes).toEqual(["first\n", "a\n"]);
	await nextTurn();
	expect(hasEnded()).toBe(false);
	await take();
	expect(hasEnded()).toBe(true);
});

test("it knows how much has not been taken, and tells when some has", async () => {
	const { clock, drained, take, write, writer } = start();
	write("é345\n");
	clock.now += 1;
	write("123\n");
	expect(writer.bytes).toBe(10);
	await take();
	expect(writer.bytes).toBe(4);
	expect(drained()).toBe(1);
	await take();
	expect(writer.bytes).toBe(0);
	expect(drained()).toBe(2);
});
