import { type Logger, pino } from "pino";
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

/**
 * The program's log, on stderr: stdout is for what people paste. Written at
 * once, so that nothing is lost in a crash.
 *
 * @param pretty for people; else one JSON object per line
 */
export async function createLogger(
	level: string,
	pretty: boolean,
): Promise<Logger> {
	const options = {
		level,
		hooks: { streamWrite: pretty ? printableJson : escapedJson },
		base: null,
		redact: ["*.authorization", "*.token", "*.password", "*.secret"],
	};
	if (!pretty) return pino(options, pino.destination({ dest: 2, sync: true }));
	const { default: prettyStream } = await import("pino-pretty");
	return pino(
		options,
		// A process id in a line is that of a child.
		prettyStream({ destination: 2, sync: true, singleLine: true }),
	);
}
