import { expect, test } from "vitest";
import { childError } from "../../src/protocol/child-error.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";

test("the error names the server, how its child ended and its last three lines on stderr", () => {
	const stderr = ["one", "two", "three", "x".repeat(400)];
	const error = childError("files", {
		code: "CHILD_EXITED",
		reason: "exited with code 3",
		exitCode: 3,
		stderr,
	});
	expect(error.code).toBe(ErrorCode.serverUnavailable);
	expect(error.message).toBe(
		`Server "files" exited with code 3; its last lines on stderr: two | three | ${"x".repeat(300)}`,
	);
	expect(error.data).toEqual({
		code: "CHILD_EXITED",
		server: "files",
		exitCode: 3,
		signal: undefined,
		stderr,
	});
});

test("without a word on stderr none is quoted", () => {
	const { message } = childError("files", {
		code: "CHILD_EXITED",
		reason: "was ended by SIGKILL",
		signal: "SIGKILL",
		stderr: [],
	});
	expect(message).toBe('Server "files" was ended by SIGKILL');
});

test("the lines that say what happened are quoted instead of the last ones, and what stood on stdout besides", () => {
	const exit = {
		stderr: ["    at f (x:1:1)"],
		errorLines: ["Error: no database"],
		stdout: ["Listening on port 3000"],
	};
	const { message, data } = childError("files", {
		code: "START_TIMEOUT",
		reason: "did not answer",
		...exit,
	});
	expect(message).toBe(
		'Server "files" did not answer; on stderr it says: Error: no database; its last lines on stdout, which are no MCP messages: Listening on port 3000',
	);
	expect(data).toMatchObject(exit);
});
