import { type Logger, pino } from "pino";
import { NonBlockingOutput } from "./non-blocking-output.ts";
import { escapedJson, printableJson } from "./terminal-safe.ts";

/** Levels that `--log-level` takes. */
export const logLevels = [
	"fatal",
	"error",
	"warn",
	"info",
	"debug",
	"trace",
	"silent",
];

/** The program's log, and what became of its lines. */
export interface ProgramLog {
	log: Logger;
	output: Pick<NonBlockingOutput, "dropped" | "flush">;
}

/**
 * The program's log, on stderr: stdout is for what people paste. Written at
 * once, so that nothing is lost in a crash; where nobody reads it, lines are
 * dropped and counted, and nothing waits.
 *
 * @param pretty for people; else one JSON object per line
 */
export async function createLogger(
	level: string,
	pretty: boolean,
): Promise<ProgramLog> {
	const options = {
		level,
		hooks: { streamWrite: pretty ? printableJson : escapedJson },
		base: null,
		redact: ["*.authorization", "*.token", "*.password", "*.secret"],
	};
	const format = pretty ? await prettyFormat() : (line: string) => line;
	const output = new NonBlockingOutput(2, (dropped) =>
		log.warn(
			{ dropped },
			`lines of the log were dropped, since stderr took none: ${dropped}`,
		),
	);
	const log = pino(options, {
		write: (line) => output.write(format(line)),
	});
	return { log, output };
}

async function prettyFormat(): Promise<(line: string) => string> {
	const { prettyFactory } = await import("pino-pretty");
	// A process id in a line is that of a child.
	return prettyFactory({ singleLine: true });
}
