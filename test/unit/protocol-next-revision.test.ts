import { describe, expect, test } from "vitest";
import type { ErrorObject } from "../../src/protocol/messages.ts";
import { nextRevision } from "../../src/protocol/next-revision.ts";
import type { Exit } from "../../src/protocol/wire.ts";

const latest = "2025-11-25";
const oldest = "2024-11-05";
const modern = "2026-07-28";

function afterRefusal(
	refusal: Partial<ErrorObject>,
	tried = [latest],
	mayGuess = true,
) {
	const failure: Exit = { code: "INITIALIZE_REFUSED", reason: "", stderr: [] };
	const error = { code: -32602, message: "no", ...refusal };
	return nextRevision({ failure, refusal: error, tried, mayGuess });
}

function afterExit(exit: Partial<Exit>, tried = [latest], mayGuess = true) {
	const failure: Exit = {
		code: "CHILD_EXITED",
		reason: "",
		stderr: [],
		exitCode: 1,
		...exit,
	};
	return nextRevision({ failure, tried, mayGuess });
}

describe("a refusal", () => {
	test.each<[string, Partial<ErrorObject>, string]>([
		["in data.supported", { data: { supported: [oldest] } }, oldest],
		[
			"in another member, of which the newest is taken",
			{
				data: { supportedVersions: [oldest, "2025-06-18", "2025-03-26"] },
			},
			"2025-06-18",
		],
		["in data that is a list", { data: ["2025-03-26"] }, "2025-03-26"],
		["in data that is a text", { data: `use ${oldest}` }, oldest],
		[
			"in its message",
			{ message: `Unsupported: ${latest}. Supported: 2025-03-26, ${oldest}` },
			"2025-03-26",
		],
		[
			"under any code",
			{ code: -32603, data: { supported: [oldest], requested: latest } },
			oldest,
		],
		[
			"beside the modern one",
			{ code: -32022, data: { supported: [modern, "2025-06-18"] } },
			"2025-06-18",
		],
		[
			"that nobody knows, but is older than the modern one",
			{ data: { supported: ["2024-10-07"] } },
			"2024-10-07",
		],
	])("that names revisions %s is followed by one of these", (_where, refusal, next) => {
		expect(afterRefusal(refusal)).toBe(next);
	});

	test.each<[string, Partial<ErrorObject>]>([
		["its code", { code: -32022 }],
		["its code and nothing but what was tried", { code: -32022, data: latest }],
		["its data", { data: { supported: [modern], requested: latest } }],
		["its message", { message: `Use ${modern}` }],
	])("that is modern by %s is followed by the modern revision", (_by, refusal) => {
		expect(afterRefusal(refusal)).toBe(modern);
	});

	test.each<[string, Partial<ErrorObject>]>([
		["has the code of wrong parameters", { message: "Invalid params" }],
		["speaks of versions", { code: -32000, message: "Bad protocol version" }],
	])("that %s and names none is followed by the oldest, else by the latest", (_what, refusal) => {
		expect(afterRefusal(refusal)).toBe(oldest);
		expect(afterRefusal(refusal, [oldest])).toBe(latest);
		expect(afterRefusal(refusal, [latest], false)).toBeUndefined();
	});

	test("that has to do with something else is followed by nothing", () => {
		const message = "Not before 2025-06-01: quota used up";
		expect(afterRefusal({ code: -32603, message })).toBeUndefined();
	});

	test("of a second revision is followed by the modern one where it names that, and by no third one with a handshake", () => {
		const tried = [latest, "2025-06-18"];
		const supported = ["2025-03-26", oldest];
		expect(afterRefusal({ data: { supported } }, tried)).toBeUndefined();
		supported.push(modern);
		expect(afterRefusal({ data: { supported } }, tried)).toBe(modern);
		expect(afterRefusal({ code: -32022 }, [...tried, modern])).toBeUndefined();
	});
});

describe("an exit", () => {
	test.each<[string, Partial<Exit>, string]>([
		["without a word", {}, oldest],
		["with code 0 and without a word", { exitCode: 0 }, oldest],
		["that says nothing of an error", { stderr: ["my-server 1.2.3"] }, oldest],
		[
			"that speaks of the version",
			{ stderr: [`bad version ${latest}`] },
			oldest,
		],
		[
			"that speaks of the version at the head of a trace",
			{ errorLines: ["Error: Unsupported protocol version"], stderr: ["at x"] },
			oldest,
		],
		[
			"that says on stdout what it speaks",
			{ stdout: [`unknown variant \`${latest}\`, expected \`2025-03-26\``] },
			"2025-03-26",
		],
	])("%s is followed by another revision", (_how, exit, next) => {
		expect(afterExit(exit)).toBe(next);
	});

	test.each<[string, Partial<Exit>]>([
		["for another reason", { errorLines: ["API_KEY is not set"] }],
		[
			"for another reason below a banner",
			{ stderr: ["my-server version 1.2.3"], errorLines: ["no database"] },
		],
		[
			"with a date that is no revision's",
			{ errorLines: ["2024-11-06 failed"] },
		],
		["by a signal", { exitCode: undefined as never, signal: "SIGKILL" }],
		["that never was, since it took too long", { code: "START_TIMEOUT" }],
		["that never was, since it did not start", { code: "COMMAND_NOT_FOUND" }],
	])("%s is followed by nothing", (_how, exit) => {
		expect(afterExit(exit)).toBeUndefined();
	});

	test("without a word is no reason to guess twice", () => {
		expect(afterExit({}, [latest], false)).toBeUndefined();
		expect(afterExit({}, [latest, oldest])).toBeUndefined();
	});
});
