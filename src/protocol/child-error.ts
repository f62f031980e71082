import { ErrorCode } from "./error-codes.ts";
import type { ErrorObject } from "./messages.ts";
import type { Exit } from "./wire.ts";

const quotedLines = 3;

/**
 * The error that answers a request whose child is gone or never came: how it
 * ended, its last words, and in `data` the same for programs. It goes out with
 * HTTP 200: a 4xx sends some clients looking for another transport.
 */
export function childError(server: string, exit: Exit): ErrorObject {
	const lastWords = exit.stderr
		.slice(-quotedLines)
		.map((line) => line.slice(0, 300))
		.join(" | ");
	return {
		code: ErrorCode.serverUnavailable,
		message: `Server "${server}" ${exit.reason}${lastWords ? `; its last lines on stderr: ${lastWords}` : ""}`,
		data: {
			code: exit.code,
			server,
			exitCode: exit.exitCode,
			signal: exit.signal,
			stderr: exit.stderr,
		},
	};
}
