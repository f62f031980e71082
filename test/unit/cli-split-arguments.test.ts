import { expect, test } from "vitest";
import {
	operandOf,
	pairOf,
	splitArguments,
} from "../../src/cli/split-arguments.ts";

const split = (...args: string[]) => splitArguments(args, ["import"]);

test("an option of two words takes just the next two, whatever they look like", () => {
	const [flag, pair = "", ...rest] = split("-e", "KEY", "--value", "cmd", "-x");
	expect([flag, pairOf(pair), rest]).toEqual([
		"-e",
		["KEY", "--value"],
		["cmd", "-x"],
	]);
});

test("one with a word too few is told apart", () => {
	for (const args of [["-H"], ["-H", "a"], ["-H", "a", "--", "b"]])
		expect(pairOf(split(...args)[1] ?? "")).toBeUndefined();
});

test("--allow-origin takes all origins that follow it, and no command", () => {
	expect(split("--allow-origin", "*", "https://a.example", "uvx", "x")).toEqual(
		["--allow-origin", "*", "--allow-origin", "https://a.example", "uvx", "x"],
	);
	expect(split("--allow-origin=*", "uvx")).toEqual(["--allow-origin=*", "uvx"]);
});

test("old names are the new ones, but not behind --", () => {
	expect(
		split("--sse-port=1", "--sse-host", "h", "--", "x", "--sse-port=2"),
	).toEqual(["--port=1", "--host", "h", "--", "x", "--sse-port=2"]);
});

test("a server's command behind -- may have the name of a command of the program; a command line of that is left alone", () => {
	const [, name = ""] = split("--", "import", "x");
	expect(name).not.toBe("import");
	expect(operandOf(name)).toBe("import");
	expect(split("import", "-e", "a", "b")).toEqual(["import", "-e", "a", "b"]);
});
