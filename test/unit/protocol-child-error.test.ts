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
