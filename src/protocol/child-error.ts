import { ErrorCode } from "./error-codes.ts";
import type { ErrorObject } from "./messages.ts";
import type { Exit } from "./wire.ts";

const quotedLines = 3;

/**
 * The error that answers a request whose child is gone or never came: how it
 * ended, what it said of that, and in `data` the same for programs. It goes out
 * with HTTP 200: a 4xx sends some clients looking for another transport.
 */
export function childError(server: string, exit: Exit): ErrorObject {
	const { code, reason, exitCode, signal, stderr, errorLines, stdout } = exit;
	const quotations = [
		errorLines
			? quote("on stderr it says", errorLines)
			: quote("its last lines on stderr", stderr),
		quote("its last lines on stdout, which are no MCP messages", stdout),
	];
	return {
		code: ErrorCode.serverUnavailable,
		message: `Server "${server}" ${reason}${quotations.join("")}`,
		data: { code, server, exitCode, signal, stderr, errorLines, stdout },
	};
}

function quote(what: string, lines: readonly string[] = []): string {
	if (lines.length === 0) return "";
	const quoted = lines.slice(-quotedLines).map((line) => line.slice(0, 300));
	return `; ${what}: ${quoted.join(" | ")}`;
}
