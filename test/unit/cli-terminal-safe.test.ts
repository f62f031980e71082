import { pino } from "pino";
import prettyStream from "pino-pretty";
import { expect, test } from "vitest";
import { escapedJson, printableJson } from "../../src/cli/terminal-safe.ts";

const hostile =
	"a\u001b[2J\u001b]0;title\u0007\r\n[10:00:00.000] INFO: forged\b\u009b31m\u202e\u2028\u007f end";

/** What a logger with this hook writes of a line. */
function written(
	hook: (line: string) => string,
	isPretty: boolean,
	log: (logger: pino.Logger) => void,
): string {
	const lines: string[] = [];
	const sink = { write: (text: string) => void lines.push(text) };
	const pretty = prettyStream.prettyFactory({
		singleLine: true,
		colorize: false,
	});
	const logger = pino(
		{ base: null, hooks: { streamWrite: hook } },
		isPretty ? { write: (text) => sink.write(pretty(text)) } : sink,
	);
	log(logger);
	return lines.join("");
}

/** Everything but a line feed that a terminal obeys. */
const obeyed = /(?!\n)[\p{Cc}\u2028-\u202e]/u;

test("a pretty line stays one line and paints nothing, whatever stands in its message, its fields or their names", () => {
	const text = written(printableJson, true, (log) =>
		log.info({ stderr: [hostile], deep: { text: hostile } }, hostile),
	);
	expect(text).not.toMatch(obeyed);
	expect(text.trimEnd().split("\n")).toHaveLength(1);
	expect(text).toContain("\\u001b[2J");
});

test("in a pretty line a backslash of the text stays what it is", () => {
	const text = written(printableJson, true, (log) =>
		log.info({}, 'C:\\new\\u001b "quoted"'),
	);
	expect(text).toContain('C:\\new\\u001b "quoted"');
});

test("a stack trace is still read line by line, below its own line", () => {
	const text = written(printableJson, true, (log) =>
		log.error({ err: new Error("it broke") }, "a request failed"),
	);
	const [first, ...rest] = text.trimEnd().split("\n");
	expect(first).toContain("a request failed");
	expect(rest.length).toBeGreaterThan(3);
	for (const line of rest) expect(line).toMatch(/^ /);
});

test("a line of JSON has none of it as such, and says the same", () => {
	const text = written(escapedJson, false, (log) =>
		log.info({ line: hostile }, hostile),
	);
	expect(text.trimEnd()).not.toMatch(obeyed);
	expect(JSON.parse(text)).toMatchObject({ line: hostile, msg: hostile });
});
