import type { Logger } from "pino";
import { notPassedOn } from "../../protocol/bridge-errors.ts";
import type { DropKind } from "../../protocol/drop-kinds.ts";
import { ErrorCode } from "../../protocol/error-codes.ts";
import type { OversizeLine } from "../../protocol/line-splitter.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	type Message,
	type Response,
} from "../../protocol/messages.ts";
import { idOfOversizeLine } from "../../protocol/oversize.ts";
import type { Repair } from "../../protocol/repair-json.ts";
import type { WireEvents } from "../../protocol/wire.ts";

/** What the odd output of a child may have to do with. */
export interface OddOutputOptions {
	/** The server's. */
	name: string;
	/** The entry as it is now. */
	config(): { maxLineBytes: number };
	counters: {
		noise(line: string): void;
		repair(kind: string): void;
		drop(kind: DropKind): void;
		limit(option: string): void;
	};
	log: Logger;
	/** Answers a request in flight in the child's stead; the only one there is where no id is given. False where there is none. */
	fail(id: Id | undefined, error: ErrorObject): boolean;
	/** Writes to the child. */
	write(message: Response): void;
	/** It stands in for one that failed, whose odd lines have been warned of. */
	isRetry: boolean;
}

/** So much of a line stands in an error or in the log. */
const quoted = 200;

/**
 * What becomes of all that one child writes to stdout and that is no message as
 * the specification has it: it is counted, the first of each kind is warned of,
 * and nobody is left waiting for an answer that cannot be passed on.
 */
export function oddOutput({
	name,
	config,
	counters,
	log,
	fail,
	write,
	isRetry,
}: OddOutputOptions): Pick<
	WireEvents,
	"noise" | "unreadable" | "repaired" | "tooDeep" | "oversize"
> {
	const warned = new Set<string>();
	const warn = (kind: string, line: string, text: string) => {
		const level = isRetry || warned.has(kind) ? "debug" : "warn";
		warned.add(kind);
		log[level]({ line: beginningOf(line) }, text);
	};
	const noise = (line: string) => {
		counters.noise(beginningOf(line));
		warn(
			"noise",
			line,
			"skipped a line on stdout that is no JSON-RPC message (the server should log to stderr); others are shown at debug",
		);
	};

	return {
		noise,
		unreadable(line, id) {
			const message = `Server "${name}" answered with a line that cannot be read (one JSON-RPC message has to stand in it): ${beginningOf(line)}`;
			const error = {
				code: ErrorCode.serverUnavailable,
				message,
				data: { code: "ANSWER_UNREADABLE", server: name },
			};
			if (!fail(id, error)) {
				noise(line);
				return;
			}
			counters.drop("answer-unreadable");
			warn("unreadable", line, "an answer on stdout cannot be read");
		},
		repaired(repair: Repair, line: string) {
			counters.repair(repair);
			warn(
				repair,
				line,
				`a message on stdout is not as it should be and was mended (${repair})`,
			);
		},
		tooDeep(message: Message) {
			counters.drop("message-nested-too-deep");
			const { id } = message as { id?: Id | null };
			if (id === undefined || id === null) return;
			if ("method" in message) write(errorOf(id, notPassedOn));
			else fail(id, notPassedOn);
		},
		oversize(line: OversizeLine) {
			const { bytes } = line;
			const { maxLineBytes } = config();
			const message = `Server "${name}" sent a message of ${bytes} bytes, more than its maxLineBytes of ${maxLineBytes} (raise "maxLineBytes", or ask it for less)`;
			counters.drop("oversize-line");
			counters.limit("maxLineBytes");
			log.warn({ bytes, maxLineBytes }, "skipped a line over the limit");
			const id = idOfOversizeLine(line);
			if (id === undefined) return;
			fail(id, {
				code: ErrorCode.serverUnavailable,
				message,
				data: { code: "LINE_TOO_LONG", server: name, bytes, maxLineBytes },
			});
		},
	};
}

/** The beginning of a line, with what a terminal would take for a command shown as text. */
function beginningOf(line: string): string {
	const start = line.length > quoted ? `${line.slice(0, quoted)}…` : line;
	return JSON.stringify(start).slice(1, -1);
}
